import type { Pool } from 'pg';

/** What a judge said of a prompt. */
export interface PromptJudgement {
  prompt: string;
  text: string;
  promptTokens: number;
  completionTokens: number;
}

/** Stores one answer; one that is there stays. */
export async function savePromptJudgement(db: Pool, judge: string, answer: PromptJudgement): Promise<void> {
  const { prompt, text, promptTokens, completionTokens } = answer;
  await db.query({
    name: 'save-prompt-judgement',
    text: `insert into prompt_judgements (judge, prompt, text, prompt_tokens, completion_tokens)
           values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [judge, prompt, text.replaceAll('\u0000', '\uFFFD').toWellFormed(), promptTokens, completionTokens],
  });
}

/** What a judge said of these prompts, of those it was asked about, by their ids. */
export async function loadPromptJudgements(
  db: Pool,
  judge: string,
  prompts: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ prompt: string; text: string }>(
    'select prompt, text from prompt_judgements where judge = $1 and prompt = any($2)',
    [judge, prompts],
  );
  return new Map(rows.map(({ prompt, text }) => [prompt, text]));
}
