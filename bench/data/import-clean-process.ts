/** `FILE LANGUAGE|any [DATABASE_URL]`: imports and cleans one file in this process, and prints what was kept as JSON. */
import { availableParallelism } from 'node:os';
import { Pool } from 'pg';
import { CLEAN_DEFAULTS, createCleaner, type CleanSettings } from '../../src/prompts/clean/cleaner';
import { cleanPool } from '../../src/prompts/clean/clean-pool';
import { importFile } from '../../src/prompts/import/import-file';
import { importIntoPool } from '../../src/prompts/import/import-pool';
import { createNumberMap, hashNumber } from '../../src/prompts/number-map';
import { migrate } from '../../src/store/migrate';

/** Batches in the works, of about 6,000 rows. */
const AHEAD = 2;

/** The same work without a database: read, identify, leave repeats out, clean. */
async function inMemory(file: string, settings: CleanSettings): Promise<Record<string, number>> {
  const cleaner = await createCleaner(settings, availableParallelism());
  const seen = createNumberMap();
  const dropped: Record<string, number> = { repeated: 0, kept: 0 };
  const running: ReturnType<typeof cleaner.clean>[] = [];
  const settle = async () => {
    for (const one of (await running.shift()) ?? []) {
      const name = one !== null && 'drop' in one ? one.step : 'kept';
      dropped[name] = (dropped[name] ?? 0) + 1;
    }
  };
  for await (const { prompts } of importFile(file)) {
    const fresh = prompts.filter(({ id }) => seen.claim(hashNumber(id), 0) === null);
    dropped['repeated'] = (dropped['repeated'] ?? 0) + prompts.length - fresh.length;
    running.push(cleaner.clean(fresh));
    if (running.length > AHEAD) await settle();
  }
  while (running.length > 0) await settle();
  await cleaner.close();
  return dropped;
}

async function inPostgres(file: string, settings: CleanSettings, url: string): Promise<Record<string, number>> {
  const db = new Pool({ connectionString: url });
  await migrate(db);
  const pool = `bench-${process.pid}`;
  const [imported] = await importIntoPool(db, pool, [file]);
  const { kept, steps } = await cleanPool(db, pool, settings);
  await db.end();
  return {
    repeated: imported?.repeated ?? 0,
    kept,
    ...Object.fromEntries(steps.map(({ step, dropped }) => [step, dropped])),
  };
}

async function main([file = '', language = '', url]: string[]): Promise<void> {
  const settings = { ...CLEAN_DEFAULTS, language: language === 'any' ? null : language };
  const started = performance.now();
  const counts = url === undefined ? await inMemory(file, settings) : await inPostgres(file, settings, url);
  const seconds = (performance.now() - started) / 1000;
  // Kilobytes on Linux and macOS alike, as libuv gives them.
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ seconds, megabytes, counts })}\n`);
}

void main(process.argv.slice(2));
