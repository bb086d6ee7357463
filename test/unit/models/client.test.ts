import { getMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt, ChatRequest } from '../../../src/models/chat';
import { openaiTransport } from '../../../bench/client/openai-transport';
import { createChatClient as createClient, type ClientDeps } from '../../../src/models/client';
import type { Endpoint } from '../../../src/models/endpoint';
import { CallError } from '../../../src/models/errors';
import { thinFetch } from '../../../src/models/http';
import { bareTransport } from '../../../src/models/transport';
import { closeServers, completion, endpoint, type Handler, send, serve } from './server';

afterEach(closeServers);

const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: 'hello' }],
  sampling: { temperature: 0.5, topP: 0.9, maxTokens: 33 },
};

/** Waits in no time, and remembers how long it was to be. */
function clock() {
  const waits: number[] = [];
  const elapsed = () => performance.now() + waits.reduce((sum, ms) => sum + ms, 0);
  return { waits, deps: { sleep: async (ms: number) => void waits.push(ms), random: () => 0.5, elapsed } };
}

async function failure(promise: Promise<unknown>): Promise<CallError> {
  const error: unknown = await promise.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  if (!CallError.isInstance(error)) throw error;
  return error;
}

const answers =
  (...steps: [status: number, body: string, headers?: Record<string, string>][]): Handler =>
  (response, _seen, index) => {
    const [status, body, headers] = steps[Math.min(index, steps.length - 1)] ?? [500, ''];
    send(response, status, body, headers);
  };

const say = (message: string, code?: string) => JSON.stringify({ error: { message, code } });

/** One contract for the transport that we use and for its peer in `bench/client`. */
describe.each([
  ['bare', bareTransport],
  ['openai', openaiTransport(thinFetch)],
])('over the transport %s', (_transport, transport) => {
  const createChatClient = (to: Endpoint, deps: ClientDeps = {}) => createClient(to, { transport, ...deps });

  describe('what is sent', () => {
    test('always temperature, top_p and max_tokens; never a stream', async () => {
      const { url, seen } = await serve(answers([200, completion('hi')]));
      await createChatClient(endpoint(url)).chat(request);
      expect(seen[0]?.body).toEqual({
        model: 'm',
        messages: request.messages,
        temperature: 0.5,
        top_p: 0.9,
        max_tokens: 33,
      });
      expect([seen[0]?.method, seen[0]?.path]).toEqual(['POST', '/v1/chat/completions']);
      expect(seen[0]?.headers.authorization).toBe('Bearer sk-very-secret');
    });

    test('seed and stop where they are given, and the dialect of newer models', async () => {
      const { url, seen } = await serve(answers([200, completion('hi')]));
      const client = createChatClient(endpoint(`${url}/`, { dialect: 'max_completion_tokens', key: null }));
      await client.chat({ ...request, seed: 0, sampling: { ...request.sampling, stop: ['\n'] } });
      expect(seen[0]?.body).toMatchObject({ seed: 0, stop: ['\n'], max_completion_tokens: 33 });
      expect(seen[0]?.body).not.toHaveProperty('max_tokens');
      expect(seen[0]?.path).toBe('/v1/chat/completions');
      expect(seen[0]?.headers).not.toHaveProperty('authorization');
    });
  });

  test('a reply, with its attempt for the ledger', async () => {
    const { url } = await serve(answers([200, completion('hi')]));
    const attempts: Attempt[] = [];
    const reply = await createChatClient(endpoint(url)).chat(request, {
      onAttempt: (attempt) => attempts.push(attempt),
    });
    expect(reply).toEqual({
      text: 'hi',
      reasoning: null,
      finishReason: 'stop',
      promptTokens: 10,
      completionTokens: 2,
      model: 'm',
    });
    expect(attempts).toEqual([
      { promptTokens: 10, completionTokens: 2, usd: 4e-5, milliseconds: expect.any(Number) as number, error: null },
    ]);
  });

  describe('errors by kind', () => {
    test.each([
      [429, say('slow down'), 'rate-limited', 'endpoint', true],
      [429, say('You exceeded your current quota', 'insufficient_quota'), 'unauthorized', 'endpoint', false],
      [503, 'busy', 'overloaded', 'endpoint', true],
      [529, say('Overloaded'), 'overloaded', 'endpoint', true],
      [500, '<html><h1>Oops</h1></html>', 'server', 'endpoint', true],
      [502, '', 'server', 'endpoint', true],
      [408, '', 'timeout', 'endpoint', true],
      [401, say('Incorrect API key provided: sk-very-secret'), 'unauthorized', 'endpoint', false],
      [402, '', 'unauthorized', 'endpoint', false],
      [403, say('no'), 'unauthorized', 'endpoint', false],
      [404, say('The model `m` does not exist'), 'not-found', 'endpoint', false],
      [400, say('The model `m` does not exist', 'model_not_found'), 'not-found', 'endpoint', false],
      [301, '', 'not-found', 'endpoint', false],
      [413, '', 'too-large', 'item', false],
      [
        400,
        say(
          "This model's maximum context length is 8192 tokens. However, you requested 9000",
          'context_length_exceeded',
        ),
        'context-length',
        'item',
        false,
      ],
      [
        400,
        '{"object":"error","message":"This model\'s maximum context length is 2048 tokens.","code":40303}',
        'context-length',
        'item',
        false,
      ],
      [
        400,
        say("You passed 25 input tokens. However, the model's context length is only 1024 tokens"),
        'context-length',
        'item',
        false,
      ],
      [
        400,
        '{"error":{"type":"exceed_context_size_error","message":"the request exceeds the available context size"}}',
        'context-length',
        'item',
        false,
      ],
      [
        400,
        say('The response was filtered due to our content management policy', 'content_filter'),
        'content-filter',
        'item',
        false,
      ],
      [400, say('temperature must be positive'), 'bad-request', 'item', false],
      [422, '{"detail":"messages: field required"}', 'bad-request', 'item', false],
      [200, 'hello', 'bad-reply', 'endpoint', true],
      [200, '{"choices":[]}', 'bad-reply', 'endpoint', true],
    ] as const)('%i %s is %s', async (status, body, kind, scope, retryable) => {
      const { url, seen } = await serve(answers([status, body]));
      const { deps, waits } = clock();
      const attempts: Attempt[] = [];
      const client = createChatClient(endpoint(url, { retries: 2 }), deps);
      const error = await failure(client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) }));
      expect([error.kind, error.scope, error.retryable]).toEqual([kind, scope, retryable]);
      expect(seen).toHaveLength(retryable ? 3 : 1);
      expect(waits).toHaveLength(retryable ? 2 : 0);
      expect(attempts.map((attempt) => attempt.error)).toEqual(seen.map(() => kind));
      expect(error.message).toContain(`(${url}, model m)`);
      expect(error.message).toMatch(/[.!] [A-Z][^.]+.*\.$/);
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('very-secret');
    });

    test("the server's own words are told, in whatever shape it sends them", async () => {
      const { url } = await serve(
        answers([422, '{"detail":"messages: field required"}'], [500, '<h1>Out of\n memory</h1>']),
      );
      const client = createChatClient(endpoint(url));
      expect((await failure(client.chat(request))).message).toContain('HTTP 422 messages: field required.');
      expect((await failure(client.chat(request))).message).toContain('HTTP 500 Out of memory.');
    });

    test('nobody listens', async () => {
      const { url } = await serve(answers([200, '']));
      await closeServers();
      const error = await failure(createChatClient(endpoint(url)).chat(request));
      expect([error.kind, error.status]).toEqual(['connection', null]);
      expect(error.message).toContain('ECONNREFUSED');
    });

    test('the connection breaks in the middle of the reply', async () => {
      const { url } = await serve((response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"choices":');
        setTimeout(() => response.destroy(), 10);
      });
      expect((await failure(createChatClient(endpoint(url)).chat(request))).kind).toBe('connection');
    });

    test.each([
      ['nothing comes', () => {}],
      ['the body never ends', (response) => void response.writeHead(200).write('{')],
    ] as [string, Handler][])('no reply in time: %s', async (_name, handler) => {
      const { url } = await serve(handler);
      const attempts: Attempt[] = [];
      const client = createChatClient(endpoint(url, { timeoutMs: 60 }));
      const error = await failure(client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) }));
      expect(error.kind).toBe('timeout');
      expect(attempts[0]?.milliseconds).toBeGreaterThanOrEqual(50);
    });

    test('what an address may hide is not shown', async () => {
      const { url } = await serve(answers([401, '']));
      const hidden = `${url.replace('//', '//user:pa55@')}?key=pa55`;
      expect((await failure(createChatClient(endpoint(hidden)).chat(request))).message).not.toContain('pa55');
    });

    test.each(['gpu1:8000/v1', 'nowhere', 'ftp://h/v1'])('the address %s is refused at once', (url) => {
      expect(() => createChatClient(endpoint(url))).toThrow(/must look like http/);
    });
  });

  test('a reply of another model is refused, and asked for again', async () => {
    const of = (model: string): [number, string] => [
      200,
      JSON.stringify({ ...(JSON.parse(completion('hi')) as object), model }),
    ];
    const { url, seen } = await serve(answers(of('other'), of('org/M-2024-08-06'), of('alias')));
    const attempts: Attempt[] = [];
    const client = createChatClient(endpoint(url, { retries: 1 }), clock().deps);
    await client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) });
    expect(attempts.map(({ error }) => error)).toEqual(['bad-reply', null]);

    const strict = createChatClient(endpoint(url, { retries: 0 }));
    expect((await failure(strict.chat(request))).message).toMatch(
      /of alias, not of m; where that is right, set repliesAs: alias/,
    );
    expect((await createChatClient(endpoint(url, { repliesAs: 'alias' })).chat(request)).text).toBe('hi');
    expect(seen).toHaveLength(4);
  });

  describe('retries', () => {
    test('a passing error is retried, and every attempt is reported', async () => {
      const { url } = await serve(answers([500, ''], [200, 'garbage'], [200, completion('hi')]));
      const { deps, waits } = clock();
      const attempts: Attempt[] = [];
      const reply = await createChatClient(endpoint(url, { retries: 2 }), deps).chat(request, {
        onAttempt: (one) => attempts.push(one),
      });
      expect(reply.text).toBe('hi');
      expect(attempts.map(({ error }) => error)).toEqual(['server', 'bad-reply', null]);
      expect(waits).toEqual([250, 500]); // Half of 500 ms and of 1 s.
    });

    test.each([
      [{ 'retry-after': '3' }, 3150],
      [{ 'retry-after': '0' }, 0],
      [{ 'retry-after': '0.5' }, 525],
      [{ 'retry-after-ms': '40', 'retry-after': '9' }, 42],
      [{ 'retry-after': '999999' }, 126_000],
      [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:30 GMT' }, 21_000],
      [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:01 GMT' }, 0],
      [{ 'retry-after': 'soon' }, 250],
      [{}, 250],
    ] as [Record<string, string>, number][])('429 with %j is retried after %d ms', async (headers, expected) => {
      const { url } = await serve(answers([429, '', headers], [200, completion('hi')]));
      const { deps, waits } = clock();
      await createChatClient(endpoint(url, { retries: 1 }), { ...deps, now: () => 10_000 }).chat(request);
      expect(waits).toEqual([expect.closeTo(expected)]);
    });

    test('the back-off doubles up to half a minute', async () => {
      const { url } = await serve(answers([503, '']));
      const { deps, waits } = clock();
      await failure(createChatClient(endpoint(url, { retries: 8 }), { ...deps, random: () => 1 }).chat(request));
      expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    });

    test('the slot is free for others during the wait', async () => {
      const { url } = await serve(answers([429, ''], [200, completion('hi')]));
      const waking: (() => void)[] = [];
      const sleep = () => new Promise<void>((resolve) => void waking.push(resolve));
      const client = createChatClient(endpoint(url, { concurrency: 1, retries: 1 }), { sleep });
      let done = false;
      const waiting = client.chat(request).then(() => (done = true));
      await client.chat(request);
      expect(done).toBe(false);
      for (const wake of waking) wake();
      await waiting;
      expect(done).toBe(true);
    });
  });

  describe('concurrency and cancelling', () => {
    test('never more in flight than the limit, and all get their turn', async () => {
      let inFlight = 0;
      let most = 0;
      const { url } = await serve((response, _seen, index) => {
        most = Math.max(most, (inFlight += 1));
        setTimeout(() => {
          inFlight -= 1;
          send(response, 200, completion(String(index)));
        }, 5);
      });
      const client = createChatClient(endpoint(url, { concurrency: 3 }));
      const replies = await Promise.all(Array.from({ length: 30 }, () => client.chat(request)));
      expect(new Set(replies.map(({ text }) => text)).size).toBe(30);
      expect(most).toBe(3);
    });

    test('a call that waits for its turn is cancelled without being sent', async () => {
      const held: (() => void)[] = [];
      const { url, seen } = await serve((response) => held.push(() => send(response, 200, completion('hi'))));
      const client = createChatClient(endpoint(url, { concurrency: 1 }));
      const first = client.chat(request);
      const controller = new AbortController();
      const attempts: Attempt[] = [];
      const queued = failure(
        client.chat(request, { signal: controller.signal, onAttempt: (one) => attempts.push(one) }),
      );
      while (held.length === 0) await wait(1);
      controller.abort();
      expect((await queued).kind).toBe('cancelled');
      held[0]?.();
      await first;
      expect([seen.length, attempts.length]).toEqual([1, 0]);
    });

    test('a call in flight is cancelled, reported, not retried, and frees its slot', async () => {
      const controller = new AbortController();
      const { url } = await serve((response, _seen, index) => {
        if (index === 0) controller.abort();
        else send(response, 200, completion('hi'));
      });
      const client = createChatClient(endpoint(url, { concurrency: 1, retries: 5 }));
      const attempts: Attempt[] = [];
      const error = await failure(
        client.chat(request, { signal: controller.signal, onAttempt: (one) => attempts.push(one) }),
      );
      expect([error.kind, error.retryable]).toEqual(['cancelled', false]);
      expect(attempts.map((one) => one.error)).toEqual(['cancelled']);
      expect((await client.chat(request)).text).toBe('hi');
    });

    test('a call that waits to be retried is cancelled', async () => {
      const { url } = await serve(answers([429, '', { 'retry-after': '100' }]));
      const controller = new AbortController();
      const client = createChatClient(endpoint(url, { retries: 1 }));
      const call = failure(
        client.chat(request, { signal: controller.signal, onAttempt: () => setTimeout(() => controller.abort(), 5) }),
      );
      expect((await call).kind).toBe('cancelled');
    });

    test('many calls on one signal leave no listener and no warning behind', async () => {
      const { url } = await serve(answers([200, completion('hi')]));
      const { signal } = new AbortController();
      const kept = new Set<unknown>();
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...[type, listener, options]: Parameters<typeof add>) => {
        kept.add(listener);
        add(type, listener, options);
      };
      signal.removeEventListener = (...[type, listener]: Parameters<typeof remove>) => {
        kept.delete(listener);
        remove(type, listener);
      };
      const client = createChatClient(endpoint(url, { concurrency: 20 }));
      await Promise.all(Array.from({ length: 40 }, () => client.chat(request, { signal })));
      expect(kept.size).toBe(0);
      // Node warns of a leak from the eleventh listener on, unless told otherwise.
      expect(getMaxListeners(signal)).toBe(Infinity);
    });
  });
});
