import { sha256 } from '../identity';

/** One message of a conversation, as OpenAI-compatible endpoints spell it. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What players answer: a recorded dialogue that ends with a user turn. */
export interface Prompt {
  id: string;
  /** User turns with the recorded assistant turns between them; the last one is the user's. */
  messages: Message[];
  category: string | null;
  /** Where it came from: a file's name, and the id it had there. */
  source: string;
  originalId: string | null;
}

/** What a prompt asks: the user's turns, one below the other. */
export const userText = ({ messages }: Pick<Prompt, 'messages'>): string =>
  messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join('\n');

/** What normalising may change: anything but ASCII, white space but single blanks between words. Most texts cost this one look. */
const ODD = /[^!-~ ]|^ | (?: |$)/;

/** Texts that differ only in Unicode form or white space are the same prompt. */
export function normaliseText(text: string): string {
  return ODD.test(text) ? text.normalize('NFC').replace(/\s+/gu, ' ').trim() : text;
}

/**
 * Identity of a prompt: a hash of its normalised dialogue, so that the same text is never bought twice. The same as `contentId`
 * of the pairs of role and text; without objects in them, their canonical JSON is their plain one.
 */
export function promptId(messages: readonly Message[]): string {
  const turns = messages.map(({ role, content }) => [role, normaliseText(content)]);
  return sha256(JSON.stringify(turns)).slice(0, 32);
}
