import { createRoute, z } from '@hono/zod-openapi';
import type { DashboardDeps } from '../deps';
import { readAudit, readJudges } from '../read/judges';
import { answers, routes, runParam } from '../route';
import { judgeRole } from '../schemas/common';
import { auditSchema, judgesSchema } from '../schemas/judges';

const list = createRoute({
  method: 'get',
  path: '/runs/{run}/judges',
  tags: ['Judges'],
  summary: "A run's judges: position and length bias, agreement, what could not be read",
  request: { params: runParam },
  responses: answers(judgesSchema, 'The judges.'),
});

const audit = createRoute({
  method: 'post',
  path: '/runs/{run}/judges/{role}/audit',
  tags: ['Judges'],
  summary: 'A judge beside human votes; nothing is stored',
  request: {
    params: runParam.extend({ role: judgeRole.openapi({ param: { name: 'role', in: 'path' } }) }),
    body: {
      required: true,
      description: 'Votes as CSV, JSONL or a JSON array, in a form that `flywheel judge audit` reads.',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
  responses: answers(auditSchema, 'Agreement with people, and among people.'),
});

export function judgesRoutes(deps: DashboardDeps) {
  return routes()
    .openapi(list, async (context) => context.json(await readJudges(deps, context.req.valid('param').run), 200))
    .openapi(audit, async (context) => {
      const { run, role } = context.req.valid('param');
      return context.json(await readAudit(deps, run, role, await context.req.text()), 200);
    });
}
