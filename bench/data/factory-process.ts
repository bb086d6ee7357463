/** `FILE BENCHMARK DATABASE_URL`: the whole way from a file to frozen slices in this process; prints the seconds of each step as JSON. */
import { Pool } from 'pg';
import { parseConfig } from '../../src/config/load';
import { CLEAN_DEFAULTS } from '../../src/prompts/clean/cleaner';
import { cleanPool } from '../../src/prompts/clean/clean-pool';
import { CONTAMINATION_DEFAULTS } from '../../src/prompts/decontaminate/contamination';
import { decontaminatePool } from '../../src/prompts/decontaminate/decontaminate-pool';
import { lexicalEmbedder } from '../../src/prompts/embed/lexical';
import { importIntoPool } from '../../src/prompts/import/import-pool';
import { dropDuplicates } from '../../src/prompts/near-duplicates/drop-duplicates';
import { NEAR_DUPLICATE_DEFAULTS } from '../../src/prompts/near-duplicates/settings';
import { readSources, readWholeSources } from '../../src/prompts/sources';
import { createDeck, splitPrompts } from '../../src/prompts/split';
import { buildTestSet, TEST_SET_DEFAULTS } from '../../src/prompts/test-set/build';
import { migrate } from '../../src/store/migrate';
import { saveSplit } from '../../src/store/prompts';
import { ownCosts } from '../process';

const [pool, tests] = ['chats', 'tests'];

const config = parseConfig({
  name: 'bench',
  target: { base: '/models/base' },
  competitors: [{ id: 'rival', url: 'http://127.0.0.1:1/v1', model: 'rival' }],
  judge: { url: 'http://127.0.0.1:1/v1', model: 'judge' },
  prompts: { source: [`pool:${pool}`], slices: 9 },
  evaluation: { testSet: [`pool:${tests}`] },
});

async function main([file = '', benchmark = '', url = '']: string[]): Promise<void> {
  const db = new Pool({ connectionString: url });
  await migrate(db);
  const embedder = lexicalEmbedder();
  const { similarity, ngram, maxShare } = CONTAMINATION_DEFAULTS;
  const against = async (source: string) => {
    const { prompts } = await readWholeSources(db, [source]);
    return decontaminatePool(db, pool, prompts, { embedder, rule: { similarity }, ngram, maxShare });
  };
  const steps: Record<string, () => Promise<unknown>> = {
    import: () => importIntoPool(db, pool, [file]),
    clean: () => cleanPool(db, pool, CLEAN_DEFAULTS),
    duplicates: () => dropDuplicates(db, pool, NEAR_DUPLICATE_DEFAULTS),
    decontaminate: () => against(benchmark),
    'test set': () =>
      buildTestSet(db, {
        ...{ pool, into: tests, settings: { ...TEST_SET_DEFAULTS, kind: 'diverse' } },
        ...{ embedder, rater: null },
      }),
    slices: async () => {
      const { ids } = await readSources(db, [`pool:${pool}`]);
      const testSet = await readWholeSources(db, [`pool:${tests}`]);
      const { id, parts } = splitPrompts(config, createDeck(config, { pool: ids, testSet: testSet.prompts }));
      await saveSplit(db, id, parts);
    },
  };
  const seconds: Record<string, number> = {};
  /** The process's peak when each step was done. */
  const peaksMb: Record<string, number> = {};
  for (const [name, step] of Object.entries(steps)) {
    const started = performance.now();
    await step();
    seconds[name] = (performance.now() - started) / 1000;
    peaksMb[name] = ownCosts().peakMb;
  }
  await db.end();
  process.stdout.write(`${JSON.stringify({ ...ownCosts(), seconds, peaksMb })}\n`);
}

void main(process.argv.slice(2));
