import type { Pool } from 'pg';
import { bulkInsert, storableText, type Columns } from './bulk';

/** One player's reply to one prompt. Reasoning stands apart: it is neither judged nor trained on. */
export interface Answer {
  player: string;
  prompt: string;
  sample: number;
  text: string;
  reasoning: string | null;
  finishReason: string;
  promptTokens: number;
  completionTokens: number;
}

const columns: Columns<Answer> = [
  ['player', 'text'],
  ['prompt', 'text'],
  ['sample', 'int'],
  ['text', 'text'],
  ['reasoning', 'text'],
  ['finishReason', 'text'],
  ['promptTokens', 'int'],
  ['completionTokens', 'int'],
];

const selected = `player, prompt, sample, text, reasoning, finish_reason as "finishReason", prompt_tokens as "promptTokens", completion_tokens as "completionTokens"`;

/** Key of an answer inside one process. */
export const answerKey = (player: string, prompt: string) => `${player} ${prompt}`;

/** Stores answers and returns what is stored under each key: the first answer that arrived, in the order of `answers`. */
export async function saveAnswers(pool: Pool, answers: Answer[]): Promise<Answer[]> {
  const inserted = await bulkInsert(pool, 'answers', columns, answers);
  // All are new, as nearly always: what stands there is known without asking.
  if (inserted === answers.length) return answers.map(asStored);
  const stored = await loadAnswers(
    pool,
    answers.map(({ player, prompt }) => [player, prompt] as const),
  );
  return answers.map((answer) => stored.get(answerKey(answer.player, answer.prompt)) ?? answer);
}

const asStored = (answer: Answer): Answer => ({
  ...answer,
  text: storableText(answer.text),
  reasoning: answer.reasoning === null ? null : storableText(answer.reasoning),
});

/** Stored answers (sample 0) by (player, prompt). */
export async function loadAnswers(
  pool: Pool,
  keys: readonly (readonly [player: string, prompt: string])[],
): Promise<Map<string, Answer>> {
  const { rows } = await pool.query<Answer>({
    name: 'load-answers',
    text: `select ${selected} from answers join unnest($1::text[], $2::text[]) as wanted(p, q) on player = p and prompt = q where sample = 0`,
    values: [keys.map(([player]) => player), keys.map(([, prompt]) => prompt)],
  });
  return new Map(rows.map((row) => [answerKey(row.player, row.prompt), row]));
}
