import type { Command } from 'commander';
import { UserError } from '../errors';
import { createChatClient } from '../models/client';
import { readKey } from '../models/roster';
import { promptJudge, type PromptJudge } from '../prompts/questions/ask';
import type { Question } from '../prompts/questions/question';
import { wholeNumber } from './options';

/** What the options of `withJudge` give. */
export interface JudgeOptions {
  judge?: string;
  judgeModel?: string;
  judgeKey?: string;
  concurrency: number;
}

/** Adds the options that name a judge of prompts, in the same words everywhere. */
export const withJudge = (command: Command, does: string): Command =>
  command
    .option('--judge <url>', `an OpenAI-compatible endpoint that ${does}, as far as /v1`)
    .option('--judge-model <name>', 'its model')
    .option('--judge-key <variable>', 'the environment variable that holds its key')
    .option('--concurrency <n>', 'calls in flight at most', wholeNumber(1), 16);

/** The judge of one question; null where the options name none. @throws UserError without the model's name. */
export function judgeAt<Answer>(
  { judge: url, judgeModel: model, judgeKey, concurrency }: JudgeOptions,
  question: Question<Answer>,
): PromptJudge<Answer> | null {
  if (url === undefined) return null;
  if (model === undefined) throw new UserError('--judge needs the name of its model: --judge-model NAME.');
  const client = createChatClient({
    ...{ url, key: readKey(judgeKey === undefined ? null : `env:${judgeKey}`), concurrency },
    ...{ timeoutMs: 120_000, retries: 6, price: { input: 0, output: 0 } },
  });
  return promptJudge(client, model, question);
}
