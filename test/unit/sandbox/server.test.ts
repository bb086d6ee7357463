import { readFaults, type Fault, type SandboxOptions } from '../../../src/sandbox/options';
import { DEMO_PRICES } from '../../../src/sandbox/demo-prices';
import { FaultPlan } from '../../../src/sandbox/faults';
import { MODELS } from '../../../src/sandbox/models';
import { startSandbox, type Sandbox } from '../../../src/sandbox/server';
import { judgePrompt, RIGHT, STAMPS, WRONG } from './judge-prompt';

let sandbox: Sandbox | undefined;
const start = async (options: SandboxOptions = {}): Promise<Sandbox> => (sandbox = await startSandbox(options));
afterEach(async () => {
  await sandbox?.close();
  sandbox = undefined;
});

/** Options with one fault, given once. */
const fault = (kind: Fault['kind'], more: object = {}): SandboxOptions => ({ faults: [{ kind, times: 1, ...more }] });

const send = (body: unknown, signal?: AbortSignal): Promise<Response> =>
  fetch(`${sandbox?.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
const ask = (model: string, content: string, more: object = {}, signal?: AbortSignal): Promise<Response> =>
  send({ model, messages: [{ role: 'user', content }], ...more }, signal);
const at = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, sandbox?.url), init);

interface Completion {
  model: string;
  choices: { message: { content: string }; finish_reason: string }[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}
const completionOf = async (reply: Response): Promise<Completion> => (await reply.json()) as Completion;
const textOf = async (reply: Response): Promise<string> =>
  (await completionOf(reply)).choices[0]?.message.content ?? '';
const errorOf = async (reply: Response): Promise<{ message: string; code: string | null }> =>
  ((await reply.json()) as { error: { message: string; code: string | null } }).error;

const schedule = (kind: Fault['kind']): Promise<Response> =>
  at('/faults', { method: 'POST', body: JSON.stringify({ kind, times: 1 }) });

/** The bodies that a fault of one tenth of all calls hits. */
const hit = (bodies: readonly string[], asked: number): Set<string> => {
  const plan = new FaultPlan(3);
  plan.add(readFaults({ kind: '503', match: { share: 0.1 } }));
  return new Set(bodies.filter((body) => plan.take({ model: 'poet', body, asked })));
};

describe('the sandbox as an OpenAI-compatible server', () => {
  it('answers as a player and counts words as tokens', async () => {
    await start();
    const reply = await ask('poet', STAMPS, { seed: 4, temperature: 1 });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-sandbox')).toBe('scripted');
    const { model, choices, usage } = await completionOf(reply);
    expect(model).toBe('poet');
    expect(choices[0]?.finish_reason).toBe('stop');
    const words = choices[0]?.message.content.split(' ').length ?? 0;
    expect(usage).toEqual({ prompt_tokens: 12, completion_tokens: words, total_tokens: 12 + words });
    expect(await textOf(await ask('poet', STAMPS, { seed: 4, temperature: 0 }))).toBe(choices[0]?.message.content);
  });

  it('reads the last user message, also in parts', async () => {
    await start();
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'earlier' },
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: [{ type: 'text', text: 'now' }] },
    ];
    expect(await textOf(await send({ model: 'echo', messages }))).toBe('Scripted echo (sandbox) read: now.');
  });

  it('cuts at the limit of tokens', async () => {
    await start();
    const { choices, usage } = await completionOf(await ask('echo', 'a b c', { max_tokens: 2 }));
    expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'Scripted echo' } });
    expect(usage.completion_tokens).toBe(2);
  });

  it('judges', async () => {
    await start({ noise: 0 });
    expect(await textOf(await ask('data-judge', judgePrompt(STAMPS, WRONG, RIGHT)))).toMatch(
      /\nScore A: 7\nScore B: 10$/u,
    );
  });

  it('lists its models, each with a price, and its health', async () => {
    await start();
    const { data } = (await (await at('/v1/models')).json()) as { data: { id: string; owned_by: string }[] };
    expect(data.map((model) => model.id)).toEqual([
      'poet',
      'clerk',
      'tutor',
      'coder',
      'scholar',
      'data-judge',
      'evaluation-judge',
      'feature-judge',
      'echo',
    ]);
    expect(Object.keys(DEMO_PRICES).toSorted()).toEqual(MODELS.toSorted());
    expect(await (await at('/health')).json()).toEqual({ status: 'ok', sandbox: 'scripted' });
  });

  it.each([
    ['{', /not JSON/u],
    [[], /the body must be an object/u],
    [{ messages: [{ role: 'user', content: 'x' }] }, /"model" must be a name/u],
    [{ model: 'poet', messages: [] }, /"messages" must be a list/u],
    [{ model: 'poet', messages: [{ role: 'user', content: 3 }] }, /"messages\[0\]\.content"/u],
    [{ model: 'poet', messages: [{ role: 'user', content: 'x' }], stream: true }, /"stream"/u],
    [
      { model: 'poet', messages: [{ role: 'user', content: 'x' }], max_tokens: 0 },
      /"max_tokens" must be an integer of at least 1/u,
    ],
  ])('refuses the body %j', async (body, message) => {
    await start();
    const reply = await send(body);
    expect(reply.status).toBe(400);
    expect((await errorOf(reply)).message).toMatch(message);
  });

  it('knows no other model and no other path', async () => {
    await start();
    const reply = await ask('gpt-4', 'hello');
    expect(reply.status).toBe(404);
    expect(await errorOf(reply)).toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('poet, clerk') as string,
    });
    expect((await at('/v2')).status).toBe(404);
  });

  it('refuses wrong options and a port in use', async () => {
    await expect(startSandbox({ capacity: 0 })).rejects.toThrow(/sandbox options.*capacity/su);
    await expect(startSandbox({ latency: 1 } as SandboxOptions)).rejects.toThrow(/latency/u);
    const { port } = await start();
    await expect(startSandbox({ port })).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+.*choose another port/u);
  });

  it('counts what was bought twice', async () => {
    await start();
    for (const text of ['one', 'two', 'one', 'one']) await ask('echo', text);
    expect(sandbox?.stats()).toMatchObject({
      sandbox: 'scripted',
      calls: { echo: 4, poet: 0 },
      answered: { echo: 4 },
      repeated: { echo: 2 },
    });
  });
});

describe('limits', () => {
  it('answer after the latency', async () => {
    await start({ latencyMs: 60, jitterMs: 20 });
    const begin = performance.now();
    await ask('echo', 'x');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(58);
  });

  it('serve no more than the capacity at once, in the order of arrival', async () => {
    // Longer than it takes to ask six times, also on a busy machine.
    await start({ capacity: 2, latencyMs: 400 });
    const order: number[] = [];
    const begin = performance.now();
    const calls = [];
    for (let call = 0; call < 6; call++) {
      calls.push(ask('echo', `call ${call}`).then(() => order.push(call)));
      await until(() => (sandbox?.stats().calls.echo ?? 0) > call);
    }
    await Promise.all(calls);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(3 * 390);
    expect(order.map((call) => Math.floor(call / 2))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(sandbox?.stats()).toMatchObject({ inFlight: 0, waiting: 0 });
    expect(sandbox?.stats().peak).toBeGreaterThan(2);
  });

  it('free the slot, or the place in the queue, of a client that leaves', async () => {
    await start({ capacity: 1, latencyMs: 30_000 });
    const leave = new AbortController();
    const calls = [ask('echo', 'slot', {}, leave.signal), ask('echo', 'queue', {}, leave.signal)];
    await until(() => sandbox?.stats().waiting === 1);
    leave.abort();
    await expect(Promise.any(calls)).rejects.toThrow();
    await until(() => sandbox?.stats().inFlight === 0);
    expect(sandbox?.stats()).toMatchObject({ waiting: 0, abandoned: 2, answered: { echo: 0 } });
    const leaveToo = new AbortController();
    const next = ask('echo', 'next', {}, leaveToo.signal).catch(() => 'left');
    await until(() => sandbox?.stats().inFlight === 1);
    expect(sandbox?.stats().waiting).toBe(0); // it got the slot
    leaveToo.abort();
    expect(await next).toBe('left');
  });

  it('refuse more than the rate with Retry-After', async () => {
    // The bucket's clock stands still, however long it takes to ask.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
    try {
      await start({ requestsPerSecond: 5 });
      const replies = await Promise.all(Array.from({ length: 12 }, (_, call) => ask('echo', `${call}`)));
      const limited = replies.filter((reply) => reply.status === 429);
      expect(limited).toHaveLength(7);
      expect(limited[0]?.headers.get('retry-after')).toBe('1');
      expect(sandbox?.stats().rateLimited).toBe(7);
      clock.mockReturnValue(1200);
      expect([(await ask('echo', 'a')).status, (await ask('echo', 'b')).status]).toEqual([200, 429]);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('limits', () => {
  const limit = (limits: unknown): Promise<Response> => at('/limits', { method: 'POST', body: JSON.stringify(limits) });

  it('change while calls wait, and the others stay', async () => {
    await start({ capacity: 1, latencyMs: 300, faults: [{ kind: 'slow', seconds: 60, match: { model: 'clerk' } }] });
    const leave = new AbortController();
    const holding = ask('clerk', 'a', {}, leave.signal).catch(() => 'left');
    await until(() => sandbox?.stats().inFlight === 1);
    const calls = [ask('poet', 'b'), ask('poet', 'c')];
    await until(() => sandbox?.stats().waiting === 2);
    expect((await limit({ capacity: 3 })).status).toBe(200);
    expect(sandbox?.stats().waiting).toBe(0);
    await Promise.all(calls);
    leave.abort();
    expect(await holding).toBe('left');
    const started = performance.now();
    await ask('poet', 'd');
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
  });

  it('of the rate come and go; wrong ones are refused', async () => {
    await start();
    // One at once, and the next one in minutes.
    await limit({ requestsPerSecond: 0.001 });
    expect([(await ask('poet', 'a')).status, (await ask('poet', 'b')).status]).toEqual([200, 429]);
    await limit({ requestsPerSecond: null });
    expect((await ask('poet', 'b')).status).toBe(200);
    const wrong = await limit({ capacity: 0, port: 1 });
    expect(wrong.status).toBe(400);
    expect((await errorOf(wrong)).message).toMatch(/sandbox limits/u);
  });
});

describe('faults to order', () => {
  it.each([
    ['429', 429, 'rate_limit_exceeded'],
    ['429-no-retry-after', 429, 'rate_limit_exceeded'],
    ['500', 500, null],
    ['503', 503, 'overloaded'],
    ['401', 401, 'invalid_api_key'],
    ['404', 404, 'model_not_found'],
    ['413', 413, 'request_too_large'],
    ['context-length', 400, 'context_length_exceeded'],
    ['content-filter', 400, 'content_filter'],
  ] as const)('%s answers with status %d', async (kind, status, code) => {
    await start(fault(kind));
    const reply = await ask('poet', STAMPS);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe(kind === '429' ? '1' : null);
    expect((await errorOf(reply)).code).toBe(code);
    expect((await ask('poet', STAMPS)).status).toBe(200);
    expect(sandbox?.stats()).toMatchObject({
      faults: { [kind]: 1 },
      calls: { poet: 2 },
      answered: { poet: 1 },
      repeated: { poet: 0 },
    });
  });

  it('timeout never answers', async () => {
    await start(fault('timeout'));
    await expect(ask('poet', STAMPS, {}, AbortSignal.timeout(80))).rejects.toThrow(/timeout/u);
    await until(() => sandbox?.stats().inFlight === 0);
  });

  it('reset ends the connection before a byte', async () => {
    await start(fault('reset'));
    await expect(ask('poet', STAMPS)).rejects.toThrow(/fetch failed/u);
  });

  it('cut ends it in the middle of the body', async () => {
    await start(fault('cut'));
    const reply = await ask('poet', STAMPS);
    expect(reply.status).toBe(200);
    await expect(reply.text()).rejects.toThrow(/terminated/u);
  });

  it('slow answers late', async () => {
    await start(fault('slow', { seconds: 0.08 }));
    const begin = performance.now();
    expect((await ask('poet', STAMPS)).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(78);
  });

  it('empty, unreadable, think, huge, wrong-model and bad-json spoil the reply', async () => {
    await start();
    const judging = judgePrompt(STAMPS, RIGHT, WRONG);
    const right = await textOf(await ask('data-judge', judging));
    await schedule('empty');
    expect(await textOf(await ask('data-judge', judging))).toBe('');
    await schedule('unreadable');
    expect(await textOf(await ask('data-judge', judging))).not.toMatch(/Score/u);
    await schedule('think');
    expect(await textOf(await ask('data-judge', judging))).toMatch(/^<think>\n.+\n<\/think>\n\n/su);
    await schedule('huge');
    expect((await textOf(await ask('data-judge', judging))).length).toBeGreaterThan(4 * 2 ** 20);
    await schedule('wrong-model');
    expect((await completionOf(await ask('data-judge', judging))).model).toBe('some-other-model');
    await schedule('bad-json');
    await expect((await ask('data-judge', judging)).json()).rejects.toThrow(/JSON/u);
    expect(await textOf(await ask('data-judge', judging))).toBe(right);
    // Only right replies count as bought: the first, the thinking one and the last.
    expect(sandbox?.stats()).toMatchObject({ calls: { 'data-judge': 8 }, answered: { 'data-judge': 3 } });
  });

  it('come by model and number', async () => {
    await start({ faults: [{ kind: '500', match: { model: 'poet', nth: 2 } }] });
    const statuses = [];
    for (const [model, text] of [
      ['poet', 'a'],
      ['clerk', 'b'],
      ['poet', 'c'],
      ['poet', 'd'],
    ] as const)
      statuses.push((await ask(model, text)).status);
    expect(statuses).toEqual([200, 200, 500, 200]);
  });

  it('come to each nth call', async () => {
    await start({ faults: [{ kind: '500', match: { every: 3 } }] });
    const statuses = [];
    for (let call = 0; call < 7; call++) statuses.push((await ask('poet', `call ${call}`)).status);
    expect(statuses).toEqual([200, 200, 500, 200, 200, 500, 200]);
  });

  it('are scheduled and cleared over HTTP, and refused when wrong', async () => {
    await start();
    const post = (body: unknown): Promise<Response> => at('/faults', { method: 'POST', body: JSON.stringify(body) });
    expect(await (await post([{ kind: '500' }, { kind: '503', match: { model: 'clerk' } }])).json()).toEqual({
      scheduled: 2,
    });
    expect((await ask('poet', 'x')).status).toBe(500);
    expect(await (await at('/faults', { method: 'DELETE' })).json()).toEqual({ scheduled: 0 });
    expect((await ask('poet', 'x')).status).toBe(200);
    const wrong = await post({ kind: 'earthquake' });
    expect(wrong.status).toBe(400);
    expect((await errorOf(wrong)).message).toMatch(/sandbox faults/u);
  });

  it('hit the wanted share of calls, whatever their order, and draw anew for a retry', () => {
    const bodies = Array.from({ length: 2000 }, (_, index) => `body ${index}`);
    const first = hit(bodies, 0);
    expect(Math.abs(first.size / bodies.length - 0.1)).toBeLessThan(0.025);
    expect(hit(bodies.toReversed(), 0)).toEqual(first);
    expect(hit([...first], 1).size).toBeLessThan(first.size / 4);
  });
});

/** Waits until something holds, for half a minute at most. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 2)))
    if (performance.now() > end) throw new Error(`never came true: ${holds.toString()}`);
}
