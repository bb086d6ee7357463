import { UserError } from '../errors';
import { normaliseText, type Prompt } from '../prompts/prompt';
import { readAnswers } from './recorded';

export interface AnswerFile {
  /** The recorded player's id in the configuration. */
  player: string;
  file: string;
  /** Share of the prompts that may be without an answer. */
  maxMissingShare: number;
}

/**
 * A recorded player's answers to prompts, by prompt id: matched by the id that the prompt had at its source, or its text.
 * @throws UserError for a broken line, and when more prompts lack an answer than the configuration allows.
 */
export async function answersTo(
  prompts: readonly Prompt[],
  { player, file, maxMissingShare }: AnswerFile,
): Promise<Map<string, string>> {
  const find = finder(prompts);
  const found = new Map<string, string>();
  for await (const { key, answer } of readAnswers(file)) {
    const prompt = find(key);
    if (prompt) found.set(prompt.id, answer);
  }
  const missing = prompts.filter(({ id }) => !found.has(id));
  if (missing.length > maxMissingShare * prompts.length)
    throw new UserError(
      `competitors (${player}): ${file} lacks ${missing.length} of the run's ${prompts.length} prompts (${missing[0]?.originalId ?? `"${missing[0]?.messages.at(-1)?.content.slice(0, 40) ?? ''}"`} …), ` +
        `and arena.maxFailedShare allows ${(100 * maxMissingShare).toFixed(0)}%. Add the answers, or take these prompts out of prompts.source.`,
    );
  return found;
}

/** Finds the prompt that a recorded answer belongs to. */
function finder(prompts: readonly Prompt[]): (key: { originalId?: string; promptText?: string }) => Prompt | undefined {
  const byId = new Map(
    prompts.flatMap((prompt) => [
      [prompt.id, prompt] as const,
      ...(prompt.originalId === null ? [] : [[prompt.originalId, prompt] as const]),
    ]),
  );
  const byText = new Map(prompts.map((prompt) => [normaliseText(prompt.messages.at(-1)?.content ?? ''), prompt]));
  return ({ originalId, promptText }) =>
    (originalId === undefined ? undefined : byId.get(originalId)) ??
    (promptText === undefined ? undefined : byText.get(normaliseText(promptText)));
}
