import type { ChatRequest } from '../../../src/models/chat';
import { parseReply, sameModel } from '../../../src/models/reply';

const place = { url: 'http://h/v1', model: 'm', key: null };
const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: '12345678' }],
  sampling: { temperature: 0, topP: 1, maxTokens: 8 },
};

function reply(message: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const choice = {
    finish_reason: 'stop',
    message,
    ...('finish_reason' in more ? { finish_reason: more['finish_reason'] } : {}),
  };
  return parseReply(
    JSON.stringify({ usage: { prompt_tokens: 3, completion_tokens: 4 }, choices: [choice], ...more }),
    request,
    place,
  );
}

function kindOf(body: string): unknown {
  try {
    return parseReply(body, request, place);
  } catch (error) {
    return (error as { kind?: unknown }).kind;
  }
}

test('a plain reply', () => {
  expect(reply({ content: ' Hi ' }, { model: 'org/m-2024' })).toEqual({
    text: ' Hi ',
    reasoning: null,
    finishReason: 'stop',
    promptTokens: 3,
    completionTokens: 4,
    model: 'org/m-2024',
  });
});

test.each([
  [{ prompt_tokens_details: { cached_tokens: 2 } }, 2],
  [{ prompt_cache_hit_tokens: 3 }, 3],
  [{ prompt_tokens_details: null }, undefined],
  [{ prompt_tokens_details: { cached_tokens: 'many' } }, undefined],
])('tokens of the prefix cache, where the server tells them: %j', (told, cachedTokens) => {
  const usage = { prompt_tokens: 3, completion_tokens: 4, ...told };
  expect(reply({ content: 'x' }, { usage }).cachedTokens).toBe(cachedTokens);
});

test.each([
  [{ content: 'x', reasoning_content: 'because' }, 'x', 'because'],
  [{ content: 'x', reasoning: 'because' }, 'x', 'because'],
  [{ content: null, reasoning_content: 'because' }, '', 'because'],
  [{ content: '<think>\nbecause\n</think>\n\nx' }, 'x', 'because'],
  [{ content: '\n<THINK>because</THINK>x' }, 'x', 'because'],
  [{ content: 'because</think>\nx' }, 'x', 'because'],
  [{ content: '<think>because, and' }, '', 'because, and'],
  [{ content: 'The tag <think> opens, </think> closes.' }, 'The tag <think> opens, </think> closes.', null],
  [
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'because' }] },
        { type: 'text', text: 'x' },
      ],
    },
    'x',
    'because',
  ],
  [{ content: null, refusal: 'I will not.' }, 'I will not.', null],
  [{ content: '' }, '', null],
  [{ content: 'a\0b' }, 'a\uFFFDb', null],
])('%j is parted into answer and reasoning', (message, text, reasoning) => {
  expect(reply(message)).toMatchObject({ text, reasoning });
});

test.each([
  undefined,
  null,
  {},
  { prompt_tokens: 0, completion_tokens: 0 },
  { prompt_tokens: -1, completion_tokens: 3 },
])('usage %j is estimated from the characters, so that no call looks free', (usage) => {
  expect(reply({ content: 'abcde', reasoning_content: 'abc' }, { usage })).toMatchObject({
    promptTokens: 2,
    completionTokens: 2,
  });
});

test('the finish reason is kept; where there is none it is unknown', () => {
  expect(reply({ content: 'x' }, { finish_reason: 'length' }).finishReason).toBe('length');
  expect(reply({ content: 'x' }, { finish_reason: null }).finishReason).toBe('unknown');
});

test('a filtered reply is an error that tells what it cost', () => {
  expect(() => reply({ content: '' }, { finish_reason: 'content_filter' })).toThrow(
    expect.objectContaining({
      kind: 'content-filter',
      scope: 'item',
      usage: { promptTokens: 3, completionTokens: 4 },
    }) as Error,
  );
});

test.each([
  ['', 'bad-reply'],
  ['<html>Hello</html>', 'bad-reply'],
  ['[]', 'bad-reply'],
  ['null', 'bad-reply'],
  ['{}', 'bad-reply'],
  ['{"choices":[]}', 'bad-reply'],
  ['{"choices":[{}]}', 'bad-reply'],
  ['{"choices":[{"message":{"content":null}}]}', 'bad-reply'],
  ['{"choices":[{"message":{"content":7}}]}', 'bad-reply'],
  ['{"choices":[{"finish_reason":"error","message":{"content":"ha"}}]}', 'bad-reply'],
  ['{"choices":[{"message":{"content":"cut', 'bad-reply'],
  ['{"error":{"message":"slow down","code":429}}', 'rate-limited'],
  ['{"error":{"message":"what"}}', 'bad-reply'],
])('%s is %s', (body, kind) => expect(kindOf(body)).toBe(kind));

test.each([
  ['gpt-4', 'gpt-4-0613', true],
  ['Qwen/Qwen2.5-7B', '/models/qwen2.5-7b/', true],
  ['llama3', 'llama3:latest', true],
  ['gpt-4', 'gpt-4-turbo', false],
  ['a', 'b', false],
])('%s and %s: the same model? %s', (requested, replied, same) => expect(sameModel(requested, replied)).toBe(same));
