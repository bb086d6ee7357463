import { createRoute, z } from '@hono/zod-openapi';
import type { DashboardDeps } from '../deps';
import { readRowText } from '../read/data';
import { readAnswer, readJudgeText, readTurn } from '../read/whole-texts';
import { errorSchema, routes } from '../route';

const id = z.string().min(1).max(200);
const longId = z.string().min(1).max(2000);

/** A whole text, as plain text and nothing else. */
const whole = <Path extends string, Query extends z.ZodObject>(path: Path, summary: string, query: Query) =>
  createRoute({
    method: 'get',
    path,
    tags: ['Texts'],
    summary,
    request: { query },
    responses: {
      200: { description: 'The text.', content: { 'text/plain': { schema: z.string() } } },
      404: { description: 'It is not stored.', content: { 'application/json': { schema: errorSchema } } },
    },
  });

const answer = whole(
  '/answer',
  "A player's whole answer to a prompt, as plain text",
  z.object({ player: id, prompt: id }),
);

const turn = whole(
  '/prompt/turn',
  'A whole turn of a prompt, as plain text',
  z.object({ prompt: id, turn: z.coerce.number().int().min(1) }),
);

const judge = whole(
  '/judge-text',
  'What the judge wrote of a battle in one order of its answers, as plain text',
  z.object({
    battle: longId.describe('ARENA#POSITION'),
    first: z.enum(['a', 'b']).describe('which of the two players was shown first'),
  }),
);

const row = whole(
  '/dataset/row/text',
  'The whole chosen or rejected answer of a training row, as plain text',
  z.object({
    id: longId.describe("a dataset's id"),
    row: z.coerce.number().int().min(1),
    role: z.enum(['chosen', 'rejected']),
  }),
);

export function textsRoutes(deps: DashboardDeps) {
  return routes()
    .openapi(answer, async (context) => {
      const { player, prompt } = context.req.valid('query');
      return context.text(await readAnswer(deps, player, prompt), 200);
    })
    .openapi(turn, async (context) => {
      const { prompt, turn: number } = context.req.valid('query');
      return context.text(await readTurn(deps, prompt, number), 200);
    })
    .openapi(judge, async (context) => {
      const { battle, first } = context.req.valid('query');
      return context.text(await readJudgeText(deps, battle, first), 200);
    })
    .openapi(row, async (context) => context.text(await readRowText(deps, context.req.valid('query')), 200));
}
