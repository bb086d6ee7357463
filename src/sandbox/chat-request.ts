/** What the sandbox reads of a chat completion's request. */
export interface SandboxRequest {
  model: string;
  /** The last user message, where there is one. */
  lastUserText: string;
  /** Words in all messages. */
  promptWords: number;
  seed: number;
  /** Words at most in the answer. */
  maxWords: number;
}

/** A body that the sandbox refuses, in the words of its 400. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** Reads a request's body. @throws BadRequest that names the field. */
export function readChatRequest(body: string): SandboxRequest {
  const request = asObject(parseJson(body), 'the body');
  if (typeof request['model'] !== 'string' || request['model'] === '')
    throw new BadRequest('"model" must be a name, see GET /v1/models');
  const messages = request['messages'];
  if (!Array.isArray(messages) || messages.length === 0)
    throw new BadRequest('"messages" must be a list with at least one message');
  if (request['stream'] === true) throw new BadRequest('"stream" is not offered by the sandbox; leave it out');
  if (request['n'] !== undefined && request['n'] !== null && request['n'] !== 1) throw new BadRequest('"n" must be 1');
  let lastUserText = '';
  let promptWords = 0;
  for (const [index, item] of messages.entries()) {
    const message = asObject(item, `"messages[${index}]"`);
    const text = contentText(message['content'], index);
    promptWords += countWords(text);
    if (message['role'] === 'user') lastUserText = text;
  }
  return {
    model: request['model'],
    lastUserText,
    promptWords,
    seed: integer(request, 'seed', Number.MIN_SAFE_INTEGER) ?? 0,
    maxWords:
      integer(request, 'max_completion_tokens', 1) ?? integer(request, 'max_tokens', 1) ?? Number.POSITIVE_INFINITY,
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest(`${what} must be an object`);
  return value as Record<string, unknown>;
}

/** A message's text: a string, or a list of text parts. */
function contentText(content: unknown, index: number): string {
  if (typeof content === 'string') return content;
  const parts: unknown[] = Array.isArray(content) ? content : [];
  const texts = parts.map((part) => asObject(part, `"messages[${index}].content"`)['text']);
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string'))
    throw new BadRequest(`"messages[${index}].content" must be a text or a list of text parts`);
  return texts.join('\n');
}

function integer(request: Record<string, unknown>, field: string, least: number): number | undefined {
  const value = request[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least)
    throw new BadRequest(`"${field}" must be an integer${least > 0 ? ` of at least ${least}` : ''}`);
  return value;
}

/** Words of a text; the sandbox's tokens. */
export function countWords(text: string): number {
  return text.match(/\S+/gu)?.length ?? 0;
}
