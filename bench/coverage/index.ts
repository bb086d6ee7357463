import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bench, Row } from '../bench';
import type { AdaptiveSums } from './adaptive';
import type { Coverage } from './intervals';
import type { Sums, Work } from './worker';

const ARENAS = 2000;
const SHORT_ARENAS = 20;
/** Arenas a thread is sent at a time. */
const PORTION = 20;

export const bench: Bench = {
  name: 'coverage',
  about: 'how often 95% intervals hold the truth in simulated arenas, and what adaptive matchmaking saves',
  async *run({ short, say }) {
    const arenas = short ? SHORT_ARENAS : ARENAS;
    const threads = Array.from({ length: availableParallelism() }, () => new Worker(join(__dirname, 'worker.js')));
    try {
      for (const prompts of [50, 200, 500]) {
        say(`${arenas} arenas of 8 models, ${prompts} prompts, 40 battles each`);
        const sums = await inPortions<Coverage>(threads, arenas, (seed, count) => ({
          ...{ kind: 'intervals', prompts, seed, arenas: count },
        }));
        yield* coverageRows(sums, prompts, arenas, short);
      }
      say(`${arenas} arenas of 10 models and 500 prompts, in full and adaptively`);
      const sums = await inPortions<AdaptiveSums>(threads, arenas, (seed, count) => ({
        ...{ kind: 'adaptive', seed, arenas: count },
      }));
      yield* adaptiveRows(sums, short);
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  },
};

/** Deals the arenas out to the threads, each portion with a seed of its own, and adds up what they answer. */
async function inPortions<Of extends Sums>(
  threads: readonly Worker[],
  arenas: number,
  work: (seed: number, arenas: number) => Work,
): Promise<Of> {
  const sums: Record<string, number> = {};
  let next = 0;
  await Promise.all(
    threads.map(async (thread) => {
      while (next * PORTION < arenas) {
        const portion = next++;
        const answer = once(thread, 'message');
        thread.postMessage(work(portion + 1, Math.min(PORTION, arenas - portion * PORTION)));
        const [part] = (await answer) as [Of];
        for (const [name, value] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + (value as number);
      }
    }),
  );
  return sums as unknown as Of;
}

/**
 * Percent covered, with the Monte-Carlo error: intervals of one arena depend on each other, so the error counts arenas, which is too
 * large rather than too small.
 */
function percent(hits: number, of: number, arenas: number): { figure: number; error: number } {
  const share = hits / of;
  return { figure: 100 * share, error: 100 * Math.sqrt((share * (1 - share)) / arenas) };
}

function coverageRows(
  { intervals, byPrompt, sandwichT, byBattle }: Coverage,
  prompts: number,
  arenas: number,
  short: boolean,
): Row[] {
  const row = (name: string, hits: number, goal: string, low: number | null, high = 100): Row => {
    const { figure, error } = percent(hits, intervals, arenas);
    return {
      name: `${prompts} prompts: ${name}`,
      goal,
      figure,
      unit: '%',
      ok: low === null || short ? null : figure >= low && figure <= high,
      note: `± ${error.toFixed(1)} (Monte Carlo, ${arenas} arenas)`,
    };
  };
  return [
    row(
      'bootstrap by prompt',
      byPrompt,
      prompts < 200 ? '≥ 92%' : '93 to 97%',
      prompts < 200 ? 92 : 93,
      prompts < 200 ? 100 : 97,
    ),
    row("sandwich by prompt, Student's t", sandwichT, '93 to 97%', 93, 97),
    row('bootstrap by battle', byBattle, 'shown failing', null),
  ];
}

function adaptiveRows(sums: AdaptiveSums, short: boolean): Row[] {
  const { arenas } = sums;
  const row = (name: string, figure: number, unit: string, goal: string, ok: boolean, note: string): Row => ({
    ...{ name: `adaptive: ${name}`, goal, figure, unit, ok: short ? null : ok, note },
  });
  const covered = percent(sums.covered, sums.intervals, arenas);
  const full = percent(sums.fullCovered, sums.intervals, arenas);
  const wrong = percent(sums.wrong, arenas, arenas);
  const separated = (100 * sums.alsoSeparated) / sums.separated;
  const games = sums.games / sums.fullGames;
  const width = sums.width / sums.fullWidth;
  return [
    row('games', games, '× full', '≤ 0.5', games <= 0.5, `${arenas} arenas, two games a battle`),
    row(
      'pairs separated',
      separated,
      '%',
      '≥ 95% of those of the full arena',
      separated >= 95,
      'the 95% interval of their difference excludes zero',
    ),
    row('mean interval', width, '× full', '≤ 1.4', width <= 1.4, 'Student’s t, clustered by prompt'),
    row(
      'intervals that hold the truth',
      covered.figure,
      '%',
      '93 to 97%',
      covered.figure >= 93 && covered.figure <= 97,
      `± ${covered.error.toFixed(1)}; the full arena's ${full.figure.toFixed(1)}`,
    ),
    row(
      'arenas that settle a pair wrongly',
      wrong.figure,
      '%',
      '≤ 5%',
      wrong.figure <= 5,
      `± ${wrong.error.toFixed(1)}`,
    ),
  ];
}
