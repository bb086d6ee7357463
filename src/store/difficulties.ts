import type { Pool } from 'pg';

/** What a judge said of a prompt. */
export interface Difficulty {
  prompt: string;
  text: string;
  /** 0 to 10; null where the text holds no single number of these. */
  difficulty: number | null;
  promptTokens: number;
  completionTokens: number;
}

/** Stores one answer; one that is there stays. */
export async function saveDifficulty(db: Pool, judge: string, answer: Difficulty): Promise<void> {
  const { prompt, text, difficulty, promptTokens, completionTokens } = answer;
  await db.query({
    name: 'save-difficulty',
    text: `insert into difficulties (judge, prompt, text, difficulty, prompt_tokens, completion_tokens)
           values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    values: [judge, prompt, text, difficulty, promptTokens, completionTokens],
  });
}

/** What is stored of these prompts, by their ids. */
export async function loadDifficulties(
  db: Pool,
  judge: string,
  prompts: readonly string[],
): Promise<Map<string, number | null>> {
  const { rows } = await db.query<{ prompt: string; difficulty: number | null }>(
    'select prompt, difficulty from difficulties where judge = $1 and prompt = any($2)',
    [judge, prompts],
  );
  return new Map(rows.map(({ prompt, difficulty }) => [prompt, difficulty]));
}
