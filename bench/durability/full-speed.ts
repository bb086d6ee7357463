import { join } from 'node:path';
import type { Servers } from '../../chaos/servers';
import { openStand } from '../../chaos/stand';
import type { BenchOptions, Row } from '../bench';
import { endOfRun } from '../end-of-run';
import { historyCosts, slowestTask } from '../history';
import { median } from '../process';
import { arenaConfig, BATTLES_PER_PROMPT } from './arena';

const SHAPE = { seed: 1, rounds: 1, trainer: 'scripted', serving: 'scripted' } as const;
const CONCURRENCY = 64;
/** The method's fan-out: 30 thousand prompts, a target and three competitors, and the gate's and evaluation's share. */
const BATTLES = 240_000;
const QUERIES_FROM = 100_000;
/** Temporal's own limits of one history (`limit.historyCount.error`, `limit.historySize.error`). */
const LIMIT = { events: 51_200, bytes: 50 * 2 ** 20 };

/** Plays all battles through one run with an endpoint that answers at once, and looks at its histories afterwards. */
export async function fullSpeedRows(servers: Servers, home: string, { short, say }: BenchOptions): Promise<Row[]> {
  const battles = short ? 3000 : BATTLES;
  const queriesFrom = short ? 1000 : QUERIES_FROM;
  const stand = await openStand(servers, home, 'speed', SHAPE, { latencyMs: 0 });
  try {
    await stand.startWorker();
    const began = performance.now();
    await stand.start(
      { config: arenaConfig(join(home, 'speed.jsonl'), battles / BATTLES_PER_PROMPT, CONCURRENCY) },
      'arena',
    );
    const milliseconds: number[] = [];
    let played = 0;
    await endOfRun(stand.run(), {
      everyMs: 250,
      look({ total, done }, took) {
        if (total === battles && done >= queriesFrom) milliseconds.push(took);
        if (done - played >= battles / 10) say(`${(played = done)} of ${battles} battles`);
      },
    });
    const seconds = (performance.now() - began) / 1000;

    const history = await historyCosts(servers.client, stand.run().workflowId, stand.starts()[0] ?? '');
    const { events, bytes, largest, tasks } = history;
    const slowest = slowestTask(history);
    const queries = milliseconds.length > 0 ? median(milliseconds) : Number.NaN;
    return [
      row('history events of a battle', '<= 0.1', events / battles, 'events', events / battles <= 0.1, {
        note: `${history.runs} executions, the longest ${largest.events} events of ${LIMIT.events} allowed`,
      }),
      row('history bytes of a battle', '<= 50', bytes / battles, 'bytes', bytes / battles <= 50, {
        note: `the largest ${Math.round(largest.bytes / 1024)} KiB of ${LIMIT.bytes / 1024} allowed`,
      }),
      row(
        `slowest workflow task of ${battles} battles in one run`,
        '< 1 s',
        slowest.seconds,
        's',
        slowest.seconds < 1,
        {
          note: `at second ${slowest.started.toFixed(0)} of ${seconds.toFixed(0)}; ${tasks.filter((task) => task.seconds >= 1).length} of ${tasks.length} took a second or more, the median of all ${(1000 * median(tasks.map((task) => task.seconds))).toFixed(0)} ms; ${(battles / seconds).toFixed(0)} battles/s`,
        },
      ),
      row(`progress query from ${queriesFrom} battles on`, '<= 500 ms, the median', queries, 'ms', queries <= 500, {
        note: `${milliseconds.length} asked, the slowest ${Math.round(Math.max(...milliseconds))} ms`,
      }),
    ];
  } finally {
    await stand.close();
  }
}

const row = (name: string, goal: string, figure: number, unit: string, ok: boolean, more: Pick<Row, 'note'>): Row => ({
  ...{ name, goal, figure, unit, ok },
  ...more,
});
