import { z } from '@hono/zod-openapi';
import { categoriesSchema, figure, outcome, purpose, soon, textSchema } from './common';

export const battleRowSchema = z
  .object({
    id: z.string().describe('arena#position, as training rows name it'),
    arena: z.string(),
    prompt: z.string(),
    asked: z.string().describe("the beginning of the user's last turn"),
    a: z.string(),
    b: z.string(),
    outcome: outcome.nullable().describe('for a; null: not played yet'),
    margin: figure.describe('mean score of a less that of b'),
    games: z.array(z.enum(['win', 'loss', 'tie', 'invalid'])).describe("both games' verdicts, for a"),
    problem: z.string().nullable(),
    category: z.string().nullable(),
  })
  .openapi('BattleRow');
export type BattleRow = z.infer<typeof battleRowSchema>;

export const arenaSchema = z.object({
  id: z.string(),
  round: z.int(),
  stage: z.string(),
  attempt: z.int(),
  purpose,
  judge: z.string(),
  size: z.int(),
});

export const battlesSchema = z
  .object({
    battles: z.array(battleRowSchema),
    next: z.string().nullable().describe('give as `after` for the next page'),
  })
  .openapi('Battles');
export type Battles = z.infer<typeof battlesSchema>;

/** What the filters of the page offer. */
export const battleChoicesSchema = z
  .object({
    arenas: z.array(arenaSchema),
    players: z.array(z.string()),
    categories: categoriesSchema,
  })
  .openapi('BattleChoices');
export type BattleChoices = z.infer<typeof battleChoicesSchema>;

export const battleQuery = z.object({
  arena: z.string().max(1000).optional(),
  purpose: purpose.optional(),
  player: z.string().max(200).optional().describe('name of a player'),
  opponent: z.string().max(200).optional().describe('whom it met; needs player'),
  outcome: outcome.optional().describe('for player where it is given, else for the player named first'),
  category: z.string().max(200).optional(),
  margin: z.coerce.number().min(0).max(9).optional().describe('least distance of the mean scores'),
  after: z.string().max(2000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const gameSchema = z.object({
  first: z.string(),
  second: z.string(),
  verdict: z.string().describe('for the answer shown first'),
  scoreFirst: figure,
  scoreSecond: figure,
  finishReason: z.string(),
  text: textSchema,
});

export const answerSchema = z.object({
  player: z.string(),
  playerId: z.string(),
  finishReason: z.string(),
  completionTokens: z.int(),
  text: textSchema,
});
export type Answer = z.infer<typeof answerSchema>;

/** A prompt with where it came from: all of it free text of whoever wrote the file. */
export const promptSchema = z.object({
  id: z.string(),
  category: z.string().nullable(),
  source: z.string(),
  originalId: z.string().nullable(),
  turns: z.array(z.object({ role: z.string(), text: textSchema })),
});
export type Prompt = z.infer<typeof promptSchema>;

export const battleSchema = z
  .object({
    id: z.string(),
    arena: z.string(),
    purpose: z.string(),
    round: z.int(),
    stage: z.string(),
    judge: z.string(),
    prompt: promptSchema,
    a: z.string(),
    b: z.string(),
    outcome: outcome.nullable(),
    margin: figure,
    problem: z.string().nullable(),
    answers: z.array(answerSchema),
    games: z.array(gameSchema),
    rows: soon(z.array(z.object({ dataset: z.string(), kind: z.string(), row: z.int(), gap: figure }))),
    previous: z.string().nullable(),
    following: z.string().nullable(),
  })
  .openapi('Battle');
export type Battle = z.infer<typeof battleSchema>;
