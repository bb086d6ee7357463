import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createTrainActivities, type TrainRequest } from '../../activities/train';
import { fillArena } from '../../bench/data/arena';
import { folderArtifacts, type Artifacts } from '../../src/artifacts/artifacts';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { createGroups } from '../../src/groups/groups';
import { thisHolder } from '../../src/groups/lease';
import { saveCheckpoint } from '../../src/store/artifacts';
import { openStore, type Store } from '../../src/store/open';
import { localBackend } from '../../src/training/local';
import type { TrainedModel } from '../../workflows/types';
import { testPostgres, type TestPostgres } from '../support/postgres';
import { writeScriptedTrainer } from '../support/scripted-trainer';

/** The activity that trains, with a trainer by script: what a cancellation comes to, whenever it comes. */
let server: TestPostgres;
let store: Store;
const root = temporaryFolder('train');

beforeAll(async () => {
  server = await testPostgres();
  store = await openStore(server.url);
  await fillArena(store.pool, 1);
  const place = { round: 0, stage: 'start', attempt: 1, parent: null, dataset: null, job: null, player: null };
  const model = { path: '/models/base', sha256: 'aa', metrics: {}, seconds: 0, status: 'promoted' } as const;
  await saveCheckpoint(store.pool, { id: 'r/base', run: 'r', ...place, ...model });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Trains in an environment that may be cancelled; `fetch` is called while the job is put together. */
async function train(attempt: number, fetch: (env: MockActivityEnvironment) => void): Promise<TrainedModel> {
  const env = new MockActivityEnvironment();
  const artifacts: Artifacts = { ...folderArtifacts(root), fetch: () => Promise.resolve(fetch(env)) };
  const backend = localBackend({ python: writeScriptedTrainer(root), packageFolder: root });
  const activities = createTrainActivities({
    store,
    artifacts,
    training: { of: () => Promise.resolve(backend) },
    groups: createGroups({ pool: store.pool, holder: thisHolder(randomUUID()) }),
    serving: { end: () => Promise.resolve() },
    groupFolder: root,
  });
  return env.run<[TrainRequest], TrainedModel, typeof activities.train>(activities.train, {
    run: 'r',
    place: { round: 1, stage: 'sft', attempt },
    kind: 'sft',
    base: { checkpoint: 'r/base', label: 'base' },
    dataset: null,
  });
}

it('trains to the end', async () => {
  expect(await train(1, () => undefined)).toMatchObject({ checkpoint: { checkpoint: 'r/r1-sft-a1' }, seconds: 1 });
  expect(readFileSync(join(root, 'r', 'r1-sft-a1', 'starts'), 'utf8')).toBe('.');
});

it('starts no trainer where it was cancelled while the job was put together', async () => {
  await expect(train(2, (env) => env.cancel())).rejects.toBeInstanceOf(CancelledFailure);
  expect(existsSync(join(root, 'r', 'r1-sft-a2', 'starts'))).toBe(false);
});
