import { createJudge, readGame } from '../../../src/judge/judge';
import type { ChatClient, ChatRequest } from '../../../src/models/chat';
import { createChatClient } from '../../../src/models/client';
import { judgeId } from '../../../src/models/player';
import { closeServers, completion, endpoint, send, serve } from '../models/server';

afterEach(closeServers);

const sampling = { temperature: 0, topP: 1, maxTokens: 512 };
const settings = { model: 'j', revision: null, systemPrompt: null, sampling, template: 'scores-v1' };

/** A client that always says the same and remembers what it was asked. */
function saying(text: string, finishReason = 'stop') {
  const requests: ChatRequest[] = [];
  const client: ChatClient = {
    async chat(request, options) {
      requests.push(request);
      options?.onAttempt?.({ promptTokens: 5, completionTokens: 3, usd: 0, milliseconds: 1, error: null });
      return { text, reasoning: null, finishReason, promptTokens: 5, completionTokens: 3 };
    },
  };
  return { client, requests };
}

test('a game is asked for once, and told from the point of view of the first answer', async () => {
  const { client, requests } = saying('B is better.\nScore A: 4\nScore B: 9');
  const attempts: unknown[] = [];
  const judge = createJudge({ ...settings, client });
  const game = await judge.judge([{ role: 'user', content: 'q' }], 'one', 'two', {
    seed: 7,
    onAttempt: (attempt) => attempts.push(attempt),
  });
  expect(game).toEqual({
    text: 'B is better.\nScore A: 4\nScore B: 9',
    scoreFirst: 4,
    scoreSecond: 9,
    verdict: 'loss',
    finishReason: 'stop',
    promptTokens: 5,
    completionTokens: 3,
  });
  expect(judge.id).toBe(judgeId(settings));
  expect(attempts).toHaveLength(1);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ model: 'j', sampling, seed: 7 });
  expect(requests[0]?.messages[1]?.content).toMatch(/\[Answer A\]\none\n[^]*\[Answer B\]\ntwo\n/);
});

test('a system prompt of its own takes the place of the template’s', async () => {
  const { client, requests } = saying('');
  const judge = createJudge({ ...settings, client, systemPrompt: 'Judge rhymes.' });
  await judge.judge([{ role: 'user', content: 'q' }], 'a', 'b');
  expect(requests[0]?.messages[0]).toEqual({ role: 'system', content: 'Judge rhymes.' });
  expect(judge.id).not.toBe(judgeId(settings));
});

test.each([
  ['Score A: 8\nScore B: 6', 'stop', 'win'],
  ['Score A: 8\nScore B: 8', 'stop', 'tie'],
  ['I cannot say.', 'stop', 'invalid'],
  ['', 'stop', 'invalid'],
  ['Score A: 8\nScore', 'length', 'invalid'],
  ['Score A: 8\nScore B: 1', 'length', 'invalid'],
  ['Score A: 8\nScore B: 7.', 'length', 'invalid'],
  ['Score A: 8\nScore B: 7\nThat is', 'length', 'win'],
  ['$ERROR$', 'stop', 'invalid'],
] as const)('%j with finish reason %s is %s', (text, finishReason, verdict) => {
  const game = readGame(text, finishReason, 'scores');
  expect(game.verdict).toBe(verdict);
  expect(game.scoreFirst === null).toBe(verdict === 'invalid');
});

test.each([
  ['So [[A]] would be right if', 'length', 'mt-bench', 'invalid'],
  ['I lean to [[A>B]], but', 'length', 'arena-hard', 'invalid'],
  ['I lean to [[A>B]], but', 'stop', 'arena-hard', 'win'],
  ['[[A]]', 'length', 'mt-bench', 'win'],
  ['[[B]]\nBecause it is', 'length', 'mt-bench', 'loss'],
  ['My final verdict is: [[B>>A]].', 'length', 'arena-hard', 'loss'],
] as const)('%j with finish reason %s, read as %s, is %s', (text, finishReason, format, verdict) => {
  expect(readGame(text, finishReason, format).verdict).toBe(verdict);
});

test.each([
  ['[[A]]', 'win'],
  ['[[B]]', 'loss'],
  ['[[C]]', 'tie'],
] as const)('a label %s is a verdict without scores', (text, verdict) => {
  expect(readGame(text, 'stop', 'mt-bench')).toEqual({ scoreFirst: null, scoreSecond: null, verdict });
});

test('the schema of the verdict is sent where the endpoint takes one, and makes another judge', async () => {
  const said = '{"explanation": "x", "score_a": 3, "score_b": 9}';
  const { url, seen } = await serve((response) => send(response, 200, completion(said)));
  const client = createChatClient(endpoint(url, { repliesAs: 'm' }));
  const [plain, held] = (['text', 'json_schema'] as const).map((responseFormat) =>
    createJudge({ ...settings, template: 'json-v1', responseFormat, client }),
  );
  const games = [plain, held].map((judge) => judge?.judge([{ role: 'user', content: 'q' }], 'a', 'b'));
  for (const game of games)
    expect(await game).toMatchObject({ text: said, verdict: 'loss', scoreFirst: 3, scoreSecond: 9 });
  const formats = seen.map(({ body }) => (body as { response_format?: unknown }).response_format);
  expect(formats.filter((format) => format === undefined)).toHaveLength(1);
  expect(formats.find((format) => format !== undefined)).toMatchObject({
    type: 'json_schema',
    json_schema: {
      strict: true,
      schema: { required: ['explanation', 'score_a', 'score_b'], additionalProperties: false },
    },
  });
  expect(plain?.id).not.toBe(held?.id);
});

test('a reference answer reaches a template that shows one', async () => {
  const { client, requests } = saying('[[C]]');
  const judge = createJudge({ ...settings, template: 'mt-bench-v1', client });
  await judge.judge([{ role: 'user', content: 'q' }], 'a', 'b', { reference: 'Four.' });
  expect(requests[0]?.messages[1]?.content).toContain('[Reference answer]\nFour.\n[End of reference answer]');
});
