import type { Message } from '../prompt';

/** What a filter says: null keeps the dialogue, `drop` names the reason, `mask` gives the dialogue that takes its place. */
export type Verdict = null | { drop: string } | { mask: Message[] };

/** One step of cleaning. `step` is its name in the settings and in the counts. */
export interface Filter {
  step: string;
  check(messages: readonly Message[]): Verdict;
}

/** What the user says, all turns. */
export function userText(messages: readonly Message[]): string {
  const [only, ...others] = messages;
  if (only && others.length === 0) return only.content;
  return messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content)
    .join('\n');
}
