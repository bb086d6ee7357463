import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt, ChatRequest } from '../../../src/models/chat';
import { createChatClient } from '../../../src/models/client';
import { CallError } from '../../../src/models/errors';
import { closeServers, completion, endpoint, type Handler, send, serve } from './server';

afterEach(closeServers);

const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: 'hello, hello' }],
  sampling: { temperature: 0.5, topP: 0.9, maxTokens: 33 },
};

const answering: Handler = (response) => send(response, 200, completion('hi'));
const failing: Handler = (response) => send(response, 500, 'broken');
const quick = { sleep: () => Promise.resolve() };

/** Just so many quick calls that the distribution of latencies is known: none of them is hedged itself. */
async function warmUp(client: ReturnType<typeof createChatClient>, calls = 100): Promise<void> {
  await Promise.all(Array.from({ length: calls }, () => client.chat(request)));
}

describe('whoever admits attempts', () => {
  test('is asked before each one queues, and when its turn has come', async () => {
    const { url } = await serve((response, seen, index) => (index < 2 ? failing : answering)(response, seen, index));
    const client = createChatClient(endpoint(url, { retries: 2 }), quick);
    let asked = 0;
    await client.chat(request, { admit: () => void asked++ });
    expect(asked).toBe(6);
  });

  test.each([0, 1])(
    'ends the call with its own error; nothing is sent, paid, or held (%d times allowed)',
    async (allowed) => {
      const { url, seen } = await serve(answering);
      const client = createChatClient(endpoint(url, { concurrency: 1, retries: 3 }));
      const attempts: Attempt[] = [];
      let asked = 0;
      const refusing = client.chat(request, {
        admit: () => {
          if (asked++ >= allowed) throw new Error('the money is spent');
        },
        onAttempt: (attempt) => attempts.push(attempt),
      });
      await expect(refusing).rejects.toThrow('the money is spent');
      expect([seen.length, attempts.length]).toEqual([0, 0]);
      expect((await client.chat(request)).text).toBe('hi');
    },
  );
});

describe('what must be ready before a call is sent', () => {
  test('is waited for with its place, and asked again', async () => {
    const { url, seen } = await serve(answering);
    const client = createChatClient(endpoint(url, { concurrency: 1 }));
    const waits: (() => void)[] = [];
    let left = 2;
    const ready = () => (left-- > 0 ? new Promise<void>((resolve) => void waits.push(resolve)) : null);
    const held = client.chat(request, { ready });
    const behind = client.chat(request);
    for (const round of [0, 1]) {
      while (waits.length <= round) await wait(1);
      await wait(20);
      expect(seen).toHaveLength(0);
      waits[round]?.();
    }
    expect((await held).text).toBe('hi');
    expect((await behind).text).toBe('hi');
  });

  test('holds no place of a call that was cancelled meanwhile', async () => {
    const { url, seen } = await serve(answering);
    const client = createChatClient(endpoint(url, { concurrency: 1 }));
    const stop = new AbortController();
    const held = client.chat(request, { signal: stop.signal, ready: () => wait(30) });
    stop.abort();
    await expect(held).rejects.toMatchObject({ kind: 'cancelled' });
    expect(seen).toHaveLength(0);
    expect((await client.chat(request)).text).toBe('hi');
  });
});

test('runs that share an endpoint take turns', async () => {
  const served: unknown[] = [];
  const { url } = await serve((response, { body }) => {
    served.push(body['seed']);
    setTimeout(() => answering(response, {} as never, 0), 2);
  });
  const client = createChatClient(endpoint(url, { concurrency: 1 }));
  const large = Array.from({ length: 30 }, () => client.chat({ ...request, seed: 1 }, { run: 'large' }));
  const small = [2, 2, 2].map((seed) => client.chat({ ...request, seed }, { run: 'small' }));
  await Promise.all([...large, ...small]);
  expect(served.lastIndexOf(2)).toBeLessThan(8);
});

describe('replicas', () => {
  test('share the calls; one that fails is left alone, and no call is lost', async () => {
    const one = await serve(answering);
    const two = await serve(failing);
    const client = createChatClient(endpoint(one.url, { replicas: [two.url], retries: 6 }), quick);
    const attempts: Attempt[] = [];
    for (let call = 0; call < 10; call++)
      await Promise.all(
        Array.from({ length: 8 }, () => client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) })),
      );
    expect(one.seen).toHaveLength(80);
    expect(two.seen.length).toBeGreaterThanOrEqual(4);
    expect(two.seen.length).toBeLessThan(20);
    expect(attempts).toHaveLength(80 + two.seen.length);
    expect(client.state().lanes.map(({ ejected }) => ejected)).toEqual([false, true]);
  });

  test('the message of an error names the address that failed', async () => {
    const one = await serve(failing);
    const client = createChatClient(endpoint(one.url, { replicas: ['http://127.0.0.1:9/v1'] }));
    const errors = await Promise.all([1, 2].map(() => client.chat(request).catch((error: unknown) => error)));
    const [first, second] = errors.map((error) => (error as Error).message);
    expect(first).toContain(one.url);
    expect(second).toContain('http://127.0.0.1:9/v1');
  });

  test('each address is checked', () => {
    expect(() => createChatClient(endpoint('http://h/v1', { replicas: ['gpu2:8000'] }))).toThrow(/must look like http/);
  });
});

describe('time-outs by the measured latencies', () => {
  test('a call that hangs is given up long before the time-out of the configuration', async () => {
    let hanging = false;
    const { url } = await serve((response, seen, index) => {
      if (!hanging) return answering(response, seen, index);
      hanging = false;
    });
    const patient = endpoint(url, { timeoutMs: 600_000, patience: 4, retries: 1 });
    const client = createChatClient(patient, { ...quick, leastPatienceMs: 1000 });
    await warmUp(client);
    hanging = true;
    const attempts: Attempt[] = [];
    await client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) });
    expect(attempts.map(({ error }) => error)).toEqual(['timeout', null]);
    expect(attempts[0]!.milliseconds).toBeGreaterThan(950);
    expect(attempts[0]!.milliseconds).toBeLessThan(30_000);
  });
});

describe('hedging', () => {
  test('a late call is sent again, the first reply counts, and both stand in the ledger', async () => {
    let hanging = false;
    const { url, seen } = await serve((response, one, index) => {
      // Only the call that was sent again is answered.
      if (!hanging) return answering(response, one, index);
      hanging = false;
    });
    const client = createChatClient(endpoint(url, { hedge: 0.98 }));
    await warmUp(client);
    const before = seen.length;
    const attempts: Attempt[] = [];
    hanging = true;
    const reply = await client.chat(request, { onAttempt: (attempt) => attempts.push(attempt) });
    while (attempts.length < 2) await wait(1);
    expect(reply.text).toBe('hi');
    expect(seen.length - before).toBe(2);
    // The one that was given up is billed with what it had to read.
    expect(attempts.find(({ error }) => error === 'cancelled')?.promptTokens).toBe(3);
    expect(attempts.find(({ error }) => error === null)?.promptTokens).toBe(10);
    expect(client.state().lanes[0]?.inFlight).toBe(0);
  });

  test('without the setting nothing is sent twice', async () => {
    let slow = false;
    const { url, seen } = await serve((response, one, index) => {
      setTimeout(() => answering(response, one, index), slow ? 400 : 0);
    });
    const client = createChatClient(endpoint(url));
    await warmUp(client);
    slow = true;
    await client.chat(request);
    expect(seen).toHaveLength(101);
  });

  test('no more than a twentieth of the calls is sent twice', async () => {
    const { url, seen } = await serve((response, one, index) => {
      if (index < 100) return answering(response, one, index);
      // Longer than any call is patient: all would be sent twice that may.
      const late = () =>
        seen.length > 140 ? setTimeout(() => answering(response, one, index), 300) : setTimeout(late, 20);
      late();
    });
    const client = createChatClient(endpoint(url, { hedge: 0.5, concurrency: 50 }));
    await warmUp(client);
    await warmUp(client, 40);
    expect(seen.length - 140).toBeGreaterThan(0);
    expect(seen.length - 140).toBeLessThanOrEqual(7);
  });

  test('cancelling the call cancels both', async () => {
    let hanging = false;
    const { url } = await serve((response, seen, index) => {
      if (!hanging) answering(response, seen, index);
    });
    const client = createChatClient(endpoint(url, { hedge: 0.9 }));
    await warmUp(client);
    hanging = true;
    const controller = new AbortController();
    const call = client.chat(request, { signal: controller.signal }).catch((error: unknown) => error);
    while (client.state().lanes[0]?.inFlight !== 2) await wait(5);
    controller.abort();
    const error = await call;
    expect(CallError.isInstance(error) && error.kind).toBe('cancelled');
    expect(client.state().lanes[0]?.inFlight).toBe(0);
  });
});

test('an answer without an end is refused before it fills the memory', async () => {
  const { url } = await serve((response) => {
    const megabytes = Buffer.alloc(2 ** 22, 'a');
    const write = (): void => {
      if (!response.destroyed) response.write(megabytes, write);
    };
    response.writeHead(200);
    write();
  });
  const error = await createChatClient(endpoint(url))
    .chat(request)
    .catch((thrown: unknown) => thrown);
  expect(CallError.isInstance(error) && error.kind).toBe('bad-reply');
  expect((error as Error).message).toContain('more than 64 MiB');
});
