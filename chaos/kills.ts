import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../bench/bench';
import { sendSignal } from '../src/embedded/process';
import { Rng } from '../src/sandbox/rng';
import type { Fault } from './fault';
import { killTrainer } from './faults/trainer';
import type { Stand } from './stand';

/** So many runs of one of them train really; the others have a scripted trainer. */
const REAL_SHARE = 0.1;
/** Kills in one run. */
const PER_RUN = 5;
/** Longer than a small run needs from one kill to its recovery and some work, so that kills meet every stage. */
const MOST_SECONDS = 5;

const VICTIMS = ['worker', 'worker', 'trainer', 'postgres', 'temporal'] as const;

/** A run that is killed at random moments, by a seed. Kills stop when it is complete: `killed` counts those that were. */
function randomKills(rng: Rng, kills: number, trainer: 'scripted' | 'real', killed: () => void): Fault {
  return {
    name: `${kills} kills at random, ${trainer === 'real' ? 'real training' : 'scripted trainer'}`,
    goal: '0 lost verdicts, 0 doubled rows, not stuck',
    shape: { trainer },
    countsCalls: false,
    async give(stand, first) {
      let worker = first;
      for (let left = kills; left > 0; left--) {
        await sleep(rng.next() * MOST_SECONDS * 1000);
        if (await isComplete(stand)) return;
        const victim = rng.pick(VICTIMS);
        if (victim === 'trainer') {
          if (!(await killTrainer(stand))) continue;
        } else if (victim === 'worker') {
          await stand.killWorker(worker);
          worker = await stand.startWorker();
        } else if (victim === 'postgres') {
          sendSignal(stand.servers.postgres().pid, 'SIGKILL');
          await stand.servers.startPostgres();
        } else {
          sendSignal(stand.servers.temporal().pid, 'SIGKILL');
          await stand.servers.startTemporal();
        }
        killed();
      }
    },
  };
}

async function isComplete(stand: Stand): Promise<boolean> {
  return (await stand.run().describe()).status.name !== 'RUNNING';
}

/**
 * So many kills over as many small runs as they need; one row sums them up.
 * @param play gives a fault to a run and says what is wrong afterwards.
 */
export async function killAtRandom(
  kills: number,
  seed: number,
  play: (fault: Fault) => Promise<Row>,
  say: (line: string) => void,
): Promise<Row[]> {
  const rng = new Rng(seed);
  const done = { scripted: 0, real: 0 };
  const red: Row[] = [];
  let runs = 0;
  for (const trainer of ['scripted', 'real'] as const) {
    const asked = trainer === 'real' ? Math.round(kills * REAL_SHARE) : kills - Math.round(kills * REAL_SHARE);
    while (done[trainer] < asked && red.length < 10) {
      const count = Math.min(PER_RUN, asked - done[trainer]);
      const row = await play(randomKills(rng, count, trainer, () => done[trainer]++));
      runs++;
      say(`${done.scripted + done.real} of ${kills} kills, ${runs} runs${row.ok ? '' : `, RED: ${row.note}`}`);
      if (!row.ok) red.push(row);
    }
  }
  return [
    {
      name: `${done.scripted} kills at random with the scripted trainer, ${done.real} with real training`,
      goal: '0 lost verdicts, 0 doubled rows, 0 stuck runs',
      figure: red.length,
      unit: `of ${runs} runs not as undisturbed`,
      ok: red.length === 0 && done.scripted + done.real >= kills,
    },
    ...red,
  ];
}
