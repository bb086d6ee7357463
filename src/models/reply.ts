import type { ChatReply, ChatRequest } from './chat';
import { errorFromAnswer } from './classify';
import { CallError, type Place, type Usage } from './errors';
import { splitReasoning } from './reasoning';

type Json = Record<string, unknown>;

/** Characters. No model writes so much in one answer; stored, it would be sent to the judge in every battle. */
const LONGEST_REPLY = 4 * 2 ** 20;

/**
 * Reads the body of a chat completion (not streamed).
 * @throws CallError `bad-reply` when it is no completion or too long for one, `content-filter` when the provider stopped it.
 */
export function parseReply(body: string, request: ChatRequest, place: Place, now = Date.now()): ChatReply {
  if (body.length > LONGEST_REPLY)
    throw new CallError('bad-reply', `it has ${body.length} characters, more than any answer`, place);
  const completion = parseObject(body);
  if (completion === null) throw new CallError('bad-reply', `it is not a JSON object: ${body.slice(0, 200)}`, place);
  const choice = firstChoice(completion);
  if (choice === null) throw withoutChoice(completion, body, place, now);
  const message = asObject(choice['message']) ?? {};
  const finishReason = typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : 'unknown';

  const parts = contentParts(message['content']);
  const apart = [message['reasoning_content'], message['reasoning'], parts?.thinking].find(isFilled) ?? null;
  const split = apart === null && parts !== null ? splitReasoning(parts.text) : null;
  const reasoning = apart ?? split?.reasoning ?? null;
  // A model that refuses through OpenAI's own field has answered: with its refusal.
  const text = split?.text ?? parts?.text ?? (isFilled(message['refusal']) ? message['refusal'] : null);
  const usage = readUsage(completion['usage']) ?? {
    promptTokens: estimatePrompt(request),
    completionTokens: estimateTokens((text ?? '').length + (reasoning ?? '').length),
  };

  if (finishReason === 'content_filter') throw new CallError('content-filter', '', place, { usage });
  if (finishReason === 'error') throw new CallError('bad-reply', 'generation ended with an error', place, { usage });
  if (text === null && reasoning === null)
    throw new CallError('bad-reply', 'the message has no content', place, { usage });
  return {
    // PostgreSQL's text cannot hold the character NUL.
    text: (text ?? '').replaceAll('\0', '\uFFFD'),
    reasoning: reasoning?.replaceAll('\0', '\uFFFD') ?? null,
    finishReason,
    model: typeof completion['model'] === 'string' ? completion['model'] : null,
    ...usage,
  };
}

/** Whether the model that a server names is the requested one: servers drop or add a path, a date or `:latest`. */
export function sameModel(requested: string, replied: string): boolean {
  return bareName(requested) === bareName(replied);
}

function bareName(model: string): string {
  const file = model.toLowerCase().replace(/\/+$/, '').split('/').at(-1) ?? '';
  return file.replace(/(?:[-@]\d[\d-]*|[-:]latest)$/, '');
}

/** Some proxies send their errors with status 200; a status inside the body then says which. */
function withoutChoice(completion: Json, body: string, place: Place, now: number): CallError {
  const code = Number(asObject(completion['error'])?.['code']);
  if (Number.isInteger(code) && code >= 400 && code < 600) return errorFromAnswer(code, body, {}, place, now);
  const usage = readUsage(completion['usage']);
  return new CallError('bad-reply', `it has no choices: ${body.slice(0, 200)}`, place, usage === null ? {} : { usage });
}

/** Text of a message's content: a string, or a list of parts (`text`, and `thinking` as Mistral sends it). */
function contentParts(content: unknown): { text: string; thinking: string } | null {
  if (typeof content === 'string') return { text: content, thinking: '' };
  if (!Array.isArray(content)) return null;
  const parts = content.map((part) => asObject(part) ?? {});
  return {
    text: parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join(''),
    thinking: parts.map((part) => (part['type'] === 'thinking' ? thinkingText(part['thinking']) : '')).join(''),
  };
}

function thinkingText(thinking: unknown): string {
  return typeof thinking === 'string' ? thinking : (contentParts(thinking)?.text ?? '');
}

function readUsage(usage: unknown): Usage | null {
  const promptTokens = asObject(usage)?.['prompt_tokens'];
  const completionTokens = asObject(usage)?.['completion_tokens'];
  if (!isCount(promptTokens) || !isCount(completionTokens) || promptTokens + completionTokens === 0) return null;
  const cachedTokens = readCached(asObject(usage));
  return { promptTokens, completionTokens, ...(isCount(cachedTokens) ? { cachedTokens } : {}) };
}

/** Tokens of the prompt that came from the prefix cache, as OpenAI, vLLM (`--enable-prompt-tokens-details`) and DeepSeek tell it. */
function readCached(usage: Json | null): unknown {
  return asObject(usage?.['prompt_tokens_details'])?.['cached_tokens'] ?? usage?.['prompt_cache_hit_tokens'];
}

/** A server that counts nothing must not make calls look free: four characters are about a token. */
const estimateTokens = (characters: number) => Math.ceil(characters / 4);

/** Tokens of a request, about. */
export function estimatePrompt({ messages }: ChatRequest): number {
  return estimateTokens(messages.reduce((sum, message) => sum + message.content.length, 0));
}

function firstChoice(completion: Json): Json | null {
  return Array.isArray(completion['choices']) ? asObject(completion['choices'][0]) : null;
}

function parseObject(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
