/** A thread of the bench: works through what it is sent, and answers each with its sums. */
import { parentPort } from 'node:worker_threads';
import { adaptiveOf, type AdaptiveSums } from './adaptive';
import { coverageOf, type Coverage } from './intervals';

/** Arenas of so many prompts whose intervals are checked, or arenas played adaptively. */
export type Work = { arenas: number; seed: number } & ({ kind: 'intervals'; prompts: number } | { kind: 'adaptive' });

export type Sums = Coverage | AdaptiveSums;

parentPort?.on('message', (work: Work) => {
  const sums: Sums =
    work.kind === 'intervals' ? coverageOf(work.prompts, work.arenas, work.seed) : adaptiveOf(work.arenas, work.seed);
  parentPort?.postMessage(sums);
});
