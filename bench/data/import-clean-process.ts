/** `FILE LANGUAGE|any`: reads, identifies and cleans one file in this process, and prints its costs and what was kept as JSON. */
import { availableParallelism } from 'node:os';
import { CLEAN_DEFAULTS, createCleaner, type CleanSettings } from '../../src/prompts/clean/cleaner';
import { importFile } from '../../src/prompts/import/import-file';
import { createNumberMap, hashNumber } from '../../src/prompts/number-map';
import { ownCosts } from '../process';

/** Batches in the works, of about 6,000 rows. */
const AHEAD = 2;

async function cleaned(file: string, settings: CleanSettings): Promise<Record<string, number>> {
  const cleaner = await createCleaner(settings, availableParallelism());
  const seen = createNumberMap();
  const counts: Record<string, number> = { repeated: 0, kept: 0 };
  const running: ReturnType<typeof cleaner.clean>[] = [];
  const settle = async () => {
    for (const one of (await running.shift()) ?? []) {
      const name = one !== null && 'drop' in one ? one.step : 'kept';
      counts[name] = (counts[name] ?? 0) + 1;
    }
  };
  for await (const { prompts } of importFile(file)) {
    const fresh = prompts.filter(({ id }) => seen.claim(hashNumber(id), 0) === null);
    counts['repeated'] = (counts['repeated'] ?? 0) + prompts.length - fresh.length;
    running.push(cleaner.clean(fresh));
    if (running.length > AHEAD) await settle();
  }
  while (running.length > 0) await settle();
  await cleaner.close();
  return counts;
}

async function main([file = '', language = '']: string[]): Promise<void> {
  const started = performance.now();
  const counts = await cleaned(file, { ...CLEAN_DEFAULTS, language: language === 'any' ? null : language });
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ ...ownCosts(), seconds, counts })}\n`);
}

void main(process.argv.slice(2));
