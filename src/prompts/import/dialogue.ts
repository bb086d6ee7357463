import type { Message } from '../prompt';

/** A dialogue for players to go on with, or why a row holds none. */
export type Dialogue =
  | {
      messages: Message[];
      /** It had a system turn, which was left out. */
      withoutSystem: boolean;
      /** The user's turns alone, more than one: players answer them one by one. */
      unanswered: boolean;
    }
  | { reason: string };

interface Turn {
  role: string;
  content: string;
}

/** Names that the forms have for the two who speak (ShareGPT: human, gpt and its makers' products). */
const ROLES = new Map<string, Message['role']>([
  ...['user', 'human', 'prompter'].map((name) => [name, 'user'] as const),
  ...['assistant', 'gpt', 'chatgpt', 'bot', 'model', 'bard', 'bing', 'claude'].map(
    (name) => [name, 'assistant'] as const,
  ),
  ['system', 'system'],
]);

/**
 * A row of any known form as a dialogue that ends with a user's turn: a text; `prompt` (a text or messages); `turns` (the
 * user's texts alone, as MT-bench and Arena-Hard ask them); `messages` (OpenAI); `conversations` (ShareGPT);
 * `instruction` and `input` (Alpaca). A recorded last answer is left out: that is the player's to give. So is a leading
 * system turn: players bring their own.
 */
export function dialogueOf(value: unknown): Dialogue {
  if (typeof value === 'string') return spoken([{ role: 'user', content: value }]);
  if (!isObject(value)) return { reason: 'wrong type: neither a text nor an object' };
  const { prompt, turns, messages, conversations, instruction, input } = value;
  if (typeof prompt === 'string') return spoken([{ role: 'user', content: prompt }]);
  if (Array.isArray(turns)) return turns.some(isTurn) ? dialogue(turns) : asked(turns);
  const recorded = [messages, conversations, prompt].find(Array.isArray);
  if (recorded) return dialogue(recorded);
  if (typeof instruction === 'string')
    return spoken([{ role: 'user', content: isText(input) ? `${instruction}\n\n${input}` : instruction }]);
  const wrong = ['prompt', 'turns', 'messages', 'conversations', 'instruction'].find((field) => field in value);
  return { reason: wrong === undefined ? 'no prompt in the row' : `wrong type: ${wrong}` };
}

function asked(turns: readonly unknown[]): Dialogue {
  const texts = turns.map((turn) => (isObject(turn) ? turn['content'] : turn));
  if (!texts.every((text) => typeof text === 'string')) return { reason: 'wrong type: turns' };
  return texts.some((text) => text.trim() === '') || texts.length === 0
    ? { reason: 'empty turn' }
    : {
        messages: texts.map((content) => ({ role: 'user', content })),
        withoutSystem: false,
        unanswered: texts.length > 1,
      };
}

function dialogue(items: readonly unknown[]): Dialogue {
  const turns: Turn[] = [];
  for (const item of items) {
    if (!isObject(item)) return { reason: 'wrong type: a turn' };
    const role = item['role'] ?? item['from'];
    const content = textOf(item['content'] ?? item['value']);
    if (typeof role !== 'string' || content === null) return { reason: 'wrong type: a turn' };
    turns.push({ role, content });
  }
  return spoken(turns);
}

/** OpenAI's content parts count as their text; pictures and sounds are nothing that we can ask. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const parts = content.map((part) => (isObject(part) && part['type'] === 'text' ? part['text'] : null));
  return parts.every((part) => typeof part === 'string') ? parts.join('\n') : null;
}

function spoken(turns: readonly Turn[]): Dialogue {
  const messages: Message[] = [];
  let withoutSystem = false;
  for (const [index, { role: name, content }] of turns.entries()) {
    const role = ROLES.get(name.toLowerCase());
    if (role === undefined) return { reason: `unknown role: ${name.slice(0, 40)}` };
    if (role === 'system' && index === 0) {
      withoutSystem = true;
      continue;
    }
    if (role !== (messages.length % 2 === 0 ? 'user' : 'assistant')) return { reason: 'roles out of order' };
    if (content.trim() === '') return { reason: 'empty turn' };
    messages.push({ role, content });
  }
  if (messages.length % 2 === 0) messages.pop();
  return messages.length > 0 ? { messages, withoutSystem, unanswered: false } : { reason: 'no turn of a user' };
}

/** A row or a turn with fields. */
export const isObject = (value: unknown): value is { [field: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTurn = (value: unknown) => isObject(value) && ('role' in value || 'from' in value);

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
