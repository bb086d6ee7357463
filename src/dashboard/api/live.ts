import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { runFolder } from '../../../activities/context';
import { contentId } from '../../identity';
import { eventPage } from '../../store/events';
import { loadRun } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { lookSoon } from '../read/look';
import { runsState } from '../read/runs';

const EVERY_MS = 1000;
/** A proxy closes a stream that says nothing. */
const SILENCE_MS = 15_000;

/** What a page may have to read again. */
export type Change = 'runs' | 'run' | 'events' | 'curves';

/**
 * Tells pages what has changed, as server-sent events whose name says what to read again: of one run with `?run=`, else of the list of
 * runs. Pages that watch the same thing share the reading of it.
 */
export function liveRoute(app: OpenAPIHono, deps: DashboardDeps, ending: AbortSignal): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/live',
    tags: ['Runs'],
    summary: 'What has changed, as server-sent events',
    description:
      'The name of an event says what to read again: `run`, `events` or `curves` of the run, else `runs`. `hello` begins a stream; `still` says that it stands.',
    request: {
      query: z.object({ run: z.string().max(1000).optional().describe("a run's id; default: the list of runs") }),
    },
    responses: {
      200: {
        description: 'Events without data, until the client leaves.',
        content: { 'text/event-stream': { schema: z.string() } },
      },
    },
  });
  app.get('/live', (context) => {
    const run = context.req.query('run');
    return streamSSE(context, async (stream) => {
      const seen = new Map<Change, string>();
      let spoken = Date.now();
      await stream.writeSSE({ event: 'hello', data: '' });
      while (!stream.aborted && !ending.aborted) {
        const state = await (run === undefined ? stateOfAll(deps) : stateOfRun(deps, run)).catch(() => null);
        for (const [change, mark] of state ?? []) {
          const before = seen.get(change);
          seen.set(change, mark);
          if (before === undefined || before === mark) continue;
          spoken = Date.now();
          await stream.writeSSE({ event: change, data: '' });
        }
        if (Date.now() - spoken > SILENCE_MS) {
          spoken = Date.now();
          await stream.writeSSE({ event: 'still', data: '' });
        }
        await sleep(EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
      }
    });
  });
}

type State = [Change, string][];

/** Marks that differ when something has changed. */
async function stateOfAll(deps: DashboardDeps): Promise<State> {
  return deps.soon.whole(
    'live runs',
    async () => [['runs', contentId(await runsState(deps))]] as State,
    EVERY_MS - 100,
  );
}

function stateOfRun(deps: DashboardDeps, run: string): Promise<State> {
  return deps.soon.whole(
    `live ${run}`,
    async (): Promise<State> => {
      const [look, stored, events, curves] = await Promise.all([
        lookSoon(deps, run),
        loadRun(deps.pool, run),
        eventPage(deps.pool, run, { before: null, limit: 1 }),
        sizesOf(join(deps.artifacts.root, runFolder(run))),
      ]);
      return [
        ['run', contentId(JSON.stringify([look, stored?.status, stored?.updatedAt]))],
        ['events', String(events[0]?.id)],
        ['curves', curves],
      ];
    },
    EVERY_MS - 100,
  );
}

/** The sizes of a run's training logs, as one mark. */
async function sizesOf(folder: string): Promise<string> {
  const labels = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    labels.map((label) =>
      stat(join(folder, label, 'progress.jsonl')).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return String(sizes.reduce((sum, size) => sum + size, 0));
}
