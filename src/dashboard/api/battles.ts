import { createRoute, z } from '@hono/zod-openapi';
import type { DashboardDeps } from '../deps';
import { readBattle, readBattleChoices, readBattles } from '../read/battles';
import { readCompare } from '../read/compare';
import { answers, routes, runParam } from '../route';
import { battleChoicesSchema, battleQuery, battleSchema, battlesSchema } from '../schemas/battles';
import { compareQuery, compareSchema } from '../schemas/compare';

const list = createRoute({
  method: 'get',
  path: '/runs/{run}/battles',
  tags: ['Battles'],
  summary: "A run's battles by who met, how it ended, margin and category; keyset pages",
  request: { params: runParam, query: battleQuery },
  responses: answers(battlesSchema, 'A page of battles, the newest arena first.'),
});

const choices = createRoute({
  method: 'get',
  path: '/runs/{run}/battle-choices',
  tags: ['Battles'],
  summary: 'What battles can be filtered by: arenas, players, categories',
  request: { params: runParam },
  responses: answers(battleChoicesSchema, 'The choices.'),
});

const one = createRoute({
  method: 'get',
  path: '/runs/{run}/battle',
  tags: ['Battles'],
  summary: "One battle: prompt, both answers, both games' judge texts, the training rows that came of it",
  request: { params: runParam, query: z.object({ id: z.string().min(1).max(2000).describe('ARENA#POSITION') }) },
  responses: answers(battleSchema, 'The battle. Long texts are cut; the routes of Texts give them whole.'),
});

const compare = createRoute({
  method: 'get',
  path: '/runs/{run}/compare',
  tags: ['Compare'],
  summary: 'Two models of a run, or of two runs, on the same prompts: old and new answer, verdict',
  request: { params: runParam, query: compareQuery },
  responses: answers(compareSchema, 'A page of prompts that both answered.'),
});

export function battlesRoutes(deps: DashboardDeps) {
  return routes()
    .openapi(list, async (context) =>
      context.json(await readBattles(deps, context.req.valid('param').run, context.req.valid('query')), 200),
    )
    .openapi(choices, async (context) =>
      context.json(await readBattleChoices(deps, context.req.valid('param').run), 200),
    )
    .openapi(one, async (context) =>
      context.json(await readBattle(deps, context.req.valid('param').run, context.req.valid('query').id), 200),
    )
    .openapi(compare, async (context) =>
      context.json(await readCompare(deps, context.req.valid('param').run, context.req.valid('query')), 200),
    );
}
