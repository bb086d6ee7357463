import { contentId } from '../identity';

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

/** Texts that differ only in Unicode form or white space are the same prompt. */
export function normaliseText(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** Identity of a prompt: a hash of its normalised dialogue, so that the same text is never bought twice. */
export function promptId(messages: readonly Message[]): string {
  return contentId(messages.map((message) => [message.role, normaliseText(message.content)]));
}
