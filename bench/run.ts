import type { Bench, BenchOptions, Row } from './bench';

/** What some benches measured, and what ended them before their end; null where nothing did. */
export interface Outcome {
  rows: Row[];
  failure: { bench: string; error: unknown } | null;
}

/**
 * Runs benches one after the other, up to the first that fails: what was measured before that, in hours perhaps, stands.
 * @param load gives a bench when its turn comes, so that none is measured beside what another has loaded.
 */
export async function runBenches(
  names: readonly string[],
  load: (name: string) => Promise<Bench>,
  options: BenchOptions,
): Promise<Outcome> {
  const rows: Row[] = [];
  for (const name of names)
    try {
      const bench = await load(name);
      options.say(`${bench.name}: ${bench.about}`);
      for await (const row of bench.run(options)) rows.push(row);
    } catch (error) {
      return { rows, failure: { bench: name, error } };
    }
  return { rows, failure: null };
}
