import { createRoute } from '@hono/zod-openapi';
import { ratingsCsv, styleCsv } from '../../report/csv';
import { markdownTable } from '../../report/markdown';
import { coefficientTable, ratingsTable, styleTable } from '../../report/tables';
import type { DashboardDeps } from '../deps';
import { readLeaderboard, wholeBoard } from '../read/leaderboard';
import { answers, errorSchema, routes, runParam } from '../route';
import { leaderboardQuery, leaderboardSchema } from '../schemas/leaderboard';

const request = { params: runParam, query: leaderboardQuery };

const board = createRoute({
  method: 'get',
  path: '/runs/{run}/leaderboard',
  tags: ['Leaderboard'],
  summary: 'Ratings with intervals and ranks, who beats whom, by category, at equal style',
  request,
  responses: answers(leaderboardSchema, 'The leaderboard.'),
});

const file = (path: '/runs/{run}/leaderboard.csv' | '/runs/{run}/leaderboard.md', type: string) =>
  createRoute({
    method: 'get',
    path,
    tags: ['Leaderboard'],
    summary: `The ratings as ${type === 'text/csv' ? 'CSV with all digits' : 'Markdown'}`,
    request,
    responses: {
      200: { description: 'The file.', content: { [type]: { schema: { type: 'string' as const } } } },
      404: { description: 'There is no such leaderboard.', content: { 'application/json': { schema: errorSchema } } },
    },
  });

export function leaderboardRoutes(deps: DashboardDeps) {
  const app = routes();
  app.openapi(board, async (context) =>
    context.json(await readLeaderboard(deps, context.req.valid('param').run, context.req.valid('query')), 200),
  );
  app.openapi(file('/runs/{run}/leaderboard.csv', 'text/csv'), async (context) => {
    const { table, style, label } = await wholeBoard(deps, context.req.valid('param').run, context.req.valid('query'));
    const text = style ? styleCsv(style) : ratingsCsv(table.models);
    return context.body(`${text}\n`, 200, download('text/csv; charset=utf-8', `leaderboard-${label}.csv`));
  });
  app.openapi(file('/runs/{run}/leaderboard.md', 'text/markdown'), async (context) => {
    const { table, style, label } = await wholeBoard(deps, context.req.valid('param').run, context.req.valid('query'));
    const tables = style ? [styleTable(style), coefficientTable(style)] : [ratingsTable(table.models)];
    const text = `${tables.map(markdownTable).join('\n\n')}\n`;
    return context.body(text, 200, download('text/markdown; charset=utf-8', `leaderboard-${label}.md`));
  });
  return app;
}

/** Labels are ours: letters, digits and hyphens. */
const download = (type: string, name: string) => ({
  'Content-Type': type,
  'Content-Disposition': `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"`,
});
