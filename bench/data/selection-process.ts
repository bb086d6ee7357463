/** `DATABASE_URL FOLDER sft|dpo|reward`: builds one stage's dataset by the activity that runs use; prints its costs and rows. */
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDatasetActivities, type BuiltDatasets, type DatasetRequest } from '../../activities/datasets';
import { folderArtifacts } from '../../src/artifacts/artifacts';
import { openStore } from '../../src/store/open';
import { ownCosts } from '../process';

async function main([url = '', folder = '', kind = '']: string[]): Promise<void> {
  const store = await openStore(url);
  const { buildDatasets } = createDatasetActivities({ store, artifacts: folderArtifacts(join(folder, 'artifacts')) });
  const started = performance.now();
  const request: DatasetRequest = {
    run: 'r',
    place: { round: 1, stage: kind === 'sft' || kind === 'dpo' ? kind : 'ppo', attempt: 1 },
    target: { label: 'r0-start-a1', checkpoint: 'c' },
    arenas: ['r/a'],
    earlier: {},
  };
  const built = await new MockActivityEnvironment().run<[DatasetRequest], BuiltDatasets, typeof buildDatasets>(
    buildDatasets,
    request,
  );
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ ...ownCosts(), seconds, made: built.rows })}\n`);
  await store.close();
}

void main(process.argv.slice(2));
