import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Servers } from '../../chaos/servers';
import { openStand } from '../../chaos/stand';
import type { BenchOptions, Row } from '../bench';
import { endOfRun } from '../end-of-run';
import { arenaConfig, BATTLES_PER_PROMPT } from './arena';

const SHAPE = { seed: 1, rounds: 1, trainer: 'scripted', serving: 'scripted' } as const;
/** As fast as a small model answers. */
const LATENCY_MS = 200;
const CONCURRENCY = 16;
const PROMPTS = 100;
const GOAL_SECONDS = 12;

interface Kill {
  seconds: number;
  /** Calls that were sent and not stored when the worker was dead, and those that were made again. */
  inFlight: number;
  repeated: number;
}

/** Kills the worker of an arena in the middle of battles; the heartbeat's time-out is the configuration's own. */
async function killOnce(servers: Servers, home: string, name: string): Promise<Kill> {
  const stand = await openStand(servers, home, name, SHAPE, { latencyMs: LATENCY_MS });
  try {
    const worker = await stand.startWorker();
    await stand.start({ config: arenaConfig(join(home, `${name}.jsonl`), PROMPTS, CONCURRENCY) }, 'arena');
    while ((await stand.sent()) < PROMPTS * BATTLES_PER_PROMPT) await sleep(10);
    await stand.killWorker(worker);
    const began = performance.now();
    const atDeath = await stand.sent();
    const next = stand.startWorker();
    while ((await stand.sent()) === atDeath) await sleep(10);
    const seconds = (performance.now() - began) / 1000;
    await next;
    await endOfRun(stand.run());
    return { seconds, ...(await stand.repeats()) };
  } finally {
    await stand.close();
  }
}

export async function killRows(servers: Servers, home: string, { short, say }: BenchOptions): Promise<Row[]> {
  const kills: Kill[] = [];
  for (let index = 1; index <= (short ? 1 : 5); index++) {
    const kill = await killOnce(servers, home, `kill-${index}`);
    kills.push(kill);
    say(`kill ${index}: first new call after ${kill.seconds.toFixed(1)} s, ${kill.repeated} calls made again`);
  }
  const slowest = Math.max(...kills.map(({ seconds }) => seconds));
  const mean = (pick: (kill: Kill) => number) => kills.reduce((sum, kill) => sum + pick(kill), 0) / kills.length;
  return [
    {
      name: 'first new call after a SIGKILL of the worker, in battles',
      goal: `<= ${GOAL_SECONDS} s, the slowest of ${kills.length}`,
      figure: slowest,
      unit: 's',
      ok: slowest <= GOAL_SECONDS,
      note: 'heartbeat time-out 10 s; a new worker starts at once',
    },
    {
      name: 'calls made again by a kill',
      goal: '<= calls in flight',
      figure: mean(({ repeated }) => repeated),
      unit: 'calls, the mean',
      ok: kills.every(({ repeated, inFlight }) => repeated <= inFlight),
      note: `${mean(({ inFlight }) => inFlight).toFixed(1)} were sent and not stored at a kill, ${CONCURRENCY} allowed at once at each of five endpoints`,
    },
  ];
}
