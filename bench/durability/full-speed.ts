import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { Servers } from '../../chaos/servers';
import { openStand } from '../../chaos/stand';
import { progressQuery } from '../../workflows/messages';
import type { BenchOptions, Row } from '../bench';
import { median } from '../process';
import { arenaConfig, BATTLES_PER_PROMPT } from './arena';

const SHAPE = { seed: 1, rounds: 1, trainer: 'scripted', serving: 'scripted' } as const;
const CONCURRENCY = 64;
/** The method's fan-out: 30 thousand prompts, a target and three competitors, and the gate's and evaluation's share. */
const BATTLES = 240_000;
const QUERIES_FROM = 100_000;
/** Temporal's own limits of one history (`limit.historyCount.error`, `limit.historySize.error`). */
const LIMIT = { events: 51_200, bytes: 50 * 2 ** 20 };

type Event = temporal.api.history.v1.IHistoryEvent;

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
    const ended = stand
      .run()
      .result()
      .then(() => true);
    // Where the loop has thrown, nobody looks at the end any more.
    ended.catch(() => undefined);
    const isOver = () => Promise.race([ended, sleep(250, false)]);
    while (!(await isOver())) {
      const asked = performance.now();
      // While continue-as-new passes to a new execution a query may fail: it is asked again.
      const progress = await stand
        .run()
        .query(progressQuery)
        .catch(() => null);
      if (!progress) continue;
      if (progress.status === 'needs attention')
        throw new Error(`the run waits for a decision: ${progress.lastProblem}`);
      if (progress.total === battles && progress.done >= queriesFrom) milliseconds.push(performance.now() - asked);
      if (progress.done - played >= battles / 10) say(`${(played = progress.done)} of ${battles} battles`);
    }
    const seconds = (performance.now() - began) / 1000;

    const executions = await executionsOf(servers, stand.run().workflowId, stand.starts()[0] ?? '');
    const events = executions.reduce((sum, one) => sum + one.events.length, 0);
    const bytes = executions.reduce((sum, one) => sum + one.bytes, 0);
    const largest = Math.max(...executions.map((one) => one.events.length));
    const tasks = executions.flatMap((one) => tasksOf(one.events));
    const slowest = tasks.reduce((most, one) => (one.seconds > most.seconds ? one : most));
    const firstTask = Math.min(...tasks.map(({ started }) => started));
    const queries = milliseconds.length > 0 ? median(milliseconds) : Number.NaN;
    return [
      row('history events of a battle', '<= 0.1', events / battles, 'events', events / battles <= 0.1, {
        note: `${executions.length} executions, the longest ${largest} events of ${LIMIT.events} allowed`,
      }),
      row('history bytes of a battle', '<= 50', bytes / battles, 'bytes', bytes / battles <= 50, {
        note: `the largest ${Math.round(Math.max(...executions.map((one) => one.bytes)) / 1024)} KiB of ${LIMIT.bytes / 1024} allowed`,
      }),
      row(
        `slowest workflow task of ${battles} battles in one run`,
        '< 1 s',
        slowest.seconds,
        's',
        slowest.seconds < 1,
        {
          note: `at second ${(slowest.started - firstTask).toFixed(0)} of ${seconds.toFixed(0)}; ${tasks.filter((task) => task.seconds >= 1).length} of ${tasks.length} took a second or more, the median of all ${(1000 * median(tasks.map((task) => task.seconds))).toFixed(0)} ms; ${(battles / seconds).toFixed(0)} battles/s`,
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

/** An execution and those that it was continued as. */
async function executionsOf(servers: Servers, workflowId: string, first: string) {
  const found: { events: Event[]; bytes: number }[] = [];
  for (let runId = first; runId !== '';) {
    const handle: WorkflowHandle = servers.client.workflow.getHandle(workflowId, runId);
    const { historySize } = await handle.describe();
    const events: Event[] = (await handle.fetchHistory()).events ?? [];
    found.push({ events, bytes: historySize ?? 0 });
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return found;
}

const at = ({ eventTime }: Event): number => Number(eventTime?.seconds ?? 0) + (eventTime?.nanos ?? 0) / 1e9;

/** Each workflow task: its start, and the seconds from there to its completion, as the server noted them. */
function tasksOf(events: readonly Event[]): { started: number; seconds: number }[] {
  const starts = new Map(
    events
      .filter((event) => event.workflowTaskStartedEventAttributes)
      .map((event) => [String(event.eventId), at(event)]),
  );
  return events.flatMap((event) => {
    const started = starts.get(String(event.workflowTaskCompletedEventAttributes?.startedEventId));
    return started === undefined ? [] : [{ started, seconds: at(event) - started }];
  });
}
