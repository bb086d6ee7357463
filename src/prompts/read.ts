import { basename } from 'node:path';
import { UserError, messageOf } from '../errors';
import { readLines } from '../lines';
import { promptId, type Message, type Prompt } from './prompt';

/** Lines of a JSONL file as values, with their numbers from 1. */
async function* readJsonl(file: string): AsyncGenerator<{ line: number; value: unknown }> {
  for await (const { line, text } of readLines(file)) {
    yield { line, value: parseLine(text, `${file}:${line}`) };
  }
}

function parseLine(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where} is not JSON (${messageOf(error)}). Mend or remove that line.`);
  }
}

/**
 * Reads prompts from JSONL files: `prompt` (text), `messages` (OpenAI), `turns` (MT-bench: its first turn), Arena-Hard
 * questions. The same text twice is one prompt, in the order of its first appearance.
 */
export async function readPrompts(files: readonly string[]): Promise<Prompt[]> {
  const found = new Map<string, Prompt>();
  for (const file of files)
    for await (const { line, value } of readJsonl(file)) {
      const prompt = toPrompt(value, file, line);
      if (!found.has(prompt.id)) found.set(prompt.id, prompt);
    }
  if (found.size === 0)
    throw new UserError(`There is no prompt in ${files.join(', ')}. Give JSONL lines such as {"prompt": "…"}.`);
  return [...found.values()];
}

function toPrompt(value: unknown, file: string, line: number): Prompt {
  const where = `${file}:${line}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${where} must hold an object such as {"prompt": "…"}.`);
  const row = value as Record<string, unknown>;
  const messages = messagesOf(row, where);
  const id = row['uid'] ?? row['question_id'] ?? row['id'];
  const category = row['category'];
  return {
    id: promptId(messages),
    messages,
    category: typeof category === 'string' ? category : null,
    source: basename(file),
    originalId: typeof id === 'string' || typeof id === 'number' ? String(id) : null,
  };
}

function messagesOf(row: Record<string, unknown>, where: string): Message[] {
  const { prompt, messages, turns } = row;
  if (typeof prompt === 'string' && prompt.trim()) return [{ role: 'user', content: prompt }];
  if (Array.isArray(turns)) {
    const first: unknown = turns[0];
    const content = typeof first === 'object' && first !== null ? (first as { content?: unknown }).content : first;
    if (typeof content === 'string' && content.trim()) return [{ role: 'user', content }];
  }
  if (Array.isArray(messages)) return dialogueOf(messages, where);
  throw new UserError(
    `${where} has no prompt: give "prompt" (a text), "messages" (a dialogue that ends with the user) or "turns".`,
  );
}

function dialogueOf(messages: unknown[], where: string): Message[] {
  const dialogue = messages.map((message, index) => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if ((role !== 'user' && role !== 'assistant') || typeof content !== 'string' || !content.trim())
      throw new UserError(
        `${where}: messages[${index}] must have the role "user" or "assistant" and a text; the system prompt stands in the configuration.`,
      );
    return { role, content } satisfies Message;
  });
  dialogue.forEach(({ role }, index) => {
    if (role !== (index % 2 === 0 ? 'user' : 'assistant'))
      throw new UserError(`${where}: messages[${index}] breaks the turns user, assistant, user …`);
  });
  if (dialogue.length % 2 === 0) throw new UserError(`${where}: the dialogue must end with the user's turn.`);
  return dialogue;
}
