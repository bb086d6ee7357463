import type { Pool } from 'pg';
import type { ChatClient } from '../../models/chat';
import { loadPromptJudgements, savePromptJudgement, type PromptJudgement } from '../../store/prompt-judgements';
import type { Prompt } from '../prompt';
import { judgeOf, questionMessages, type Question } from './question';

/** Who is asked about prompts; its name stands for the model and the words that ask it. */
export interface PromptJudge<Answer> {
  name: string;
  ask(prompt: Prompt): Promise<PromptJudgement>;
  read(text: string): Answer | null;
}

/** A model behind an endpoint as the judge of one question; at temperature 0. */
export function promptJudge<Answer>(
  client: Pick<ChatClient, 'chat'>,
  model: string,
  question: Question<Answer>,
): PromptJudge<Answer> {
  return {
    name: judgeOf(model, question),
    read: (text) => question.read(text),
    async ask(prompt) {
      const sampling = { temperature: 0, topP: 1, maxTokens: 512 };
      const messages = questionMessages(question, prompt);
      const { text, promptTokens, completionTokens } = await client.chat({ model, messages, sampling });
      return { prompt: prompt.id, text, promptTokens, completionTokens };
    },
  };
}

/** Questions under way at once; the endpoint's client has its own limit. */
const AT_ONCE = 64;

/**
 * A judge's answer about each prompt, null where its text cannot be read. Each text is stored as it arrives and never asked for again, so
 * that a call that was killed goes on where it was.
 */
export async function askAbout<Answer>(
  db: Pool,
  prompts: readonly Prompt[],
  judge: PromptJudge<Answer>,
  onAnswered?: (done: number) => void,
): Promise<Map<string, Answer | null>> {
  const texts = await loadPromptJudgements(
    db,
    judge.name,
    prompts.map(({ id }) => id),
  );
  const work = prompts.filter(({ id }) => !texts.has(id))[Symbol.iterator]();
  const askOn = async () => {
    for (const prompt of work) {
      const answer = await judge.ask(prompt);
      await savePromptJudgement(db, judge.name, answer);
      texts.set(prompt.id, answer.text);
      onAnswered?.(texts.size);
    }
  };
  // All are waited for, so that no paid answer is thrown away when another call fails.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, askOn));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return new Map(prompts.map(({ id }) => [id, judge.read(texts.get(id)!)]));
}
