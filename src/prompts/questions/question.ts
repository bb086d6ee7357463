import { contentId } from '../../identity';
import type { Message, Prompt } from '../prompt';

/** What a judge is asked about a prompt, and how its text is read. */
export interface Question<Answer> {
  system: string;
  ask: string;
  /** Null where the text gives no answer, or several. */
  read(text: string): Answer | null;
}

/** Who answers: stored texts belong to the model and to the words that asked for them. */
export const judgeOf = (model: string, { system, ask }: Question<unknown>): string => contentId({ model, system, ask });

/** The request: the whole dialogue is material between markers. */
export function questionMessages(
  { system, ask }: Question<unknown>,
  { messages }: Pick<Prompt, 'messages'>,
): Message[] {
  const dialogue = messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n');
  return [
    { role: 'system', content: system },
    { role: 'user', content: `[dialogue]\n${dialogue}\n[end of dialogue]\n\n${ask}` },
  ];
}

/** The only thing that all matches of a pattern's first group say; null where there is none, or more than one. */
export function onlySaid(text: string, pattern: RegExp): string | null {
  const said = new Set([...text.matchAll(pattern)].map(([, answer]) => answer?.toLowerCase()));
  const [answer] = said;
  return said.size === 1 ? (answer ?? null) : null;
}
