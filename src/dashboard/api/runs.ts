import { createRoute, z } from '@hono/zod-openapi';
import { MESSAGES, type MessageName } from '../../../workflows/messages';
import { sendMessage } from '../../operating/send';
import { eventPage } from '../../store/events';
import type { DashboardDeps } from '../deps';
import { createCurves } from '../read/curves';
import { lookKey } from '../read/look';
import { storedRun } from '../read/of-run';
import { readRun } from '../read/run';
import { readRuns } from '../read/runs';
import { answers, errorSchema, routes, runParam } from '../route';
import {
  curvesSchema,
  eventsSchema,
  messageName,
  messageSchema,
  runSchema,
  runsQuery,
  runsSchema,
  sentenceSchema,
} from '../schemas/runs';

const CURVES_MS = 800;

const list = createRoute({
  method: 'get',
  path: '/runs',
  tags: ['Runs'],
  summary: 'Runs and arenas, the newest first; keyset pages',
  request: { query: runsQuery },
  responses: answers(runsSchema, 'A page of runs.'),
});

const one = createRoute({
  method: 'get',
  path: '/runs/{run}',
  tags: ['Runs'],
  summary: 'Where a run stands: its steps, ratings, costs, and what may be done',
  request: { params: runParam },
  responses: answers(runSchema, 'The run.'),
});

const events = createRoute({
  method: 'get',
  path: '/runs/{run}/events',
  tags: ['Runs'],
  summary: 'What happened, the newest first',
  request: {
    params: runParam,
    query: z.object({
      before: z
        .string()
        .regex(/^\d{1,18}$/, 'must be the `next` of an earlier page')
        .optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
  },
  responses: answers(eventsSchema, 'A page of events.'),
});

const curves = createRoute({
  method: 'get',
  path: '/runs/{run}/curves',
  tags: ['Runs'],
  summary: "The training curves of a run's jobs, live",
  request: { params: runParam },
  responses: answers(curvesSchema, 'Each job with its metrics by step.'),
});

const send = createRoute({
  method: 'post',
  path: '/runs/{run}/messages/{name}',
  tags: ['Operating'],
  summary: 'Pause, resume, roll back, set the budget, decide: as the updates of the same names',
  description: Object.entries(MESSAGES)
    .map(([name, text]) => `- \`${name}\`: ${text}`)
    .join('\n'),
  request: {
    params: runParam.extend({
      name: messageName.openapi({ param: { name: 'name', in: 'path' } }),
    }),
    body: { required: true, content: { 'application/json': { schema: messageSchema } } },
  },
  responses: {
    ...answers(sentenceSchema, 'What was done, in a sentence.'),
    403: { description: 'The CSRF token is missing.', content: { 'application/json': { schema: errorSchema } } },
    409: { description: "The run's own refusal.", content: { 'application/json': { schema: errorSchema } } },
    504: { description: 'No worker answered in time.', content: { 'application/json': { schema: errorSchema } } },
  },
});

export function runsRoutes(deps: DashboardDeps) {
  const { pool, soon, temporal } = deps;
  const curvesOf = createCurves(deps);
  return routes()
    .openapi(list, async (context) => context.json(await readRuns(deps, context.req.valid('query')), 200))
    .openapi(one, async (context) => context.json(await readRun(deps, context.req.valid('param').run), 200))
    .openapi(events, async (context) => {
      const { run } = context.req.valid('param');
      const { before, limit } = context.req.valid('query');
      const found = await eventPage(pool, run, { before: before ?? null, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return context.json(
        {
          events: shown.map(({ id, at, kind, sentence }) => ({ id, at: at.toISOString(), kind, sentence })),
          next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
        },
        200,
      );
    })
    .openapi(curves, async (context) => {
      const { run } = context.req.valid('param');
      return context.json(await soon.whole(`curves ${run}`, () => curvesOf(run), CURVES_MS), 200);
    })
    .openapi(send, async (context) => {
      const { run, name } = context.req.valid('param');
      await storedRun(deps, run);
      const sentence = await sendMessage(temporal.client, run, name satisfies MessageName, context.req.valid('json'));
      soon.forget(lookKey(run));
      return context.json({ sentence }, 200);
    });
}
