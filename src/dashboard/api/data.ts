import { createRoute, z } from '@hono/zod-openapi';
import type { DashboardDeps } from '../deps';
import { readDataRow, readDataRows, readDataset, readDatasets, readDropped, readPools } from '../read/data';
import { answers, routes, runParam } from '../route';
import {
  dataRowsSchema,
  datasetDetailSchema,
  datasetsSchema,
  droppedSchema,
  poolsSchema,
  rowTraceSchema,
} from '../schemas/data';

const datasetId = z.string().min(1).max(2000).describe("a dataset's id");

const list = createRoute({
  method: 'get',
  path: '/runs/{run}/datasets',
  tags: ['Data'],
  summary: 'The datasets of a run',
  request: { params: runParam },
  responses: answers(datasetsSchema, 'The datasets, the oldest first.'),
});

const one = createRoute({
  method: 'get',
  path: '/dataset',
  tags: ['Data'],
  summary: 'A dataset: its card, its settings, how its rows are distributed',
  request: { query: z.object({ id: datasetId }) },
  responses: answers(datasetDetailSchema, 'The dataset.'),
});

const rows = createRoute({
  method: 'get',
  path: '/dataset/rows',
  tags: ['Data'],
  summary: 'A page of rows, the chosen and the rejected answer cut',
  request: {
    query: z.object({
      id: datasetId,
      from: z.coerce.number().int().min(1).default(1),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: answers(dataRowsSchema, 'The rows.'),
});

const row = createRoute({
  method: 'get',
  path: '/dataset/row',
  tags: ['Data'],
  summary: 'A training row with its battles, judge texts, prompt and source',
  request: { query: z.object({ id: datasetId, row: z.coerce.number().int().min(1) }) },
  responses: answers(rowTraceSchema, 'The row and all that it came from.'),
});

const pools = createRoute({
  method: 'get',
  path: '/pools',
  tags: ['Data'],
  summary: 'Pools of prompts, and what cleaning, near-duplicates and decontamination dropped',
  responses: answers(poolsSchema, 'The pools.'),
});

const dropped = createRoute({
  method: 'get',
  path: '/pools/{pool}/dropped',
  tags: ['Data'],
  summary: 'Dropped prompts with their reason, and what is kept instead of a near-duplicate',
  request: {
    params: z.object({
      pool: z
        .string()
        .min(1)
        .max(500)
        .openapi({ param: { name: 'pool', in: 'path' } }),
    }),
    query: z.object({
      reason: z.string().max(200).optional(),
      after: z.string().max(60).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
  },
  responses: answers(droppedSchema, 'A page of dropped prompts.'),
});

export function dataRoutes(deps: DashboardDeps) {
  return routes()
    .openapi(list, async (context) => context.json(await readDatasets(deps, context.req.valid('param').run), 200))
    .openapi(one, async (context) => context.json(await readDataset(deps, context.req.valid('query').id), 200))
    .openapi(rows, async (context) => {
      const { id, from, limit } = context.req.valid('query');
      return context.json(await readDataRows(deps, id, { from, limit }), 200);
    })
    .openapi(row, async (context) => {
      const { id, row: number } = context.req.valid('query');
      return context.json(await readDataRow(deps, id, number), 200);
    })
    .openapi(pools, async (context) => context.json(await readPools(deps), 200))
    .openapi(dropped, async (context) =>
      context.json(await readDropped(deps, context.req.valid('param').pool, context.req.valid('query')), 200),
    );
}
