import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../errors';
import { startAttempt, type Attempting, type Call } from './attempt';
import type { ChatClient, ChatReply } from './chat';
import type { Endpoint } from './endpoint';
import { CallError, shownUrl } from './errors';
import { Lane, type LaneState } from './limits/lane';
import { Limiter, type Entry, type Slot } from './limits/limiter';
import { estimatePrompt } from './reply';
import { requestBody } from './request-body';
import { bareTransport, type OpenTransport } from './transport';

/** What tests and benches replace. */
export interface ClientDeps {
  transport?: OpenTransport;
  /** Waits so many milliseconds; rejects when the signal aborts. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  random?: () => number;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Milliseconds of a clock that runs evenly. */
  elapsed?: () => number;
  /** No attempt is given up sooner by what was measured: a pause of a server, a network or this process is no death. */
  leastPatienceMs?: number;
}

/** A client that shows how its endpoint stands. */
export interface EndpointClient extends ChatClient {
  state(): { queued: number; lanes: LaneState[] };
}

const firstWaitMs = 500;
const longestBackOffMs = 30_000;
/** Of all calls, at most. */
const HEDGED_SHARE = 0.05;

/**
 * A client of one endpoint. All calls of a worker to an endpoint share one client, because it holds the limits.
 * An error that may pass is retried after `Retry-After`, or else after an exponential back-off with full jitter; the
 * slot is free for others during the wait.
 */
export function createChatClient(endpoint: Endpoint, deps: ClientDeps = {}): EndpointClient {
  const { transport = bareTransport, sleep = defaultSleep, random = Math.random } = deps;
  const { now = Date.now, elapsed = () => performance.now(), leastPatienceMs = 20_000 } = deps;
  const urls = [endpoint.url, ...(endpoint.replicas ?? [])];
  checkNumbers(endpoint);
  const lanes = urls.map((url) => new Lane(url, transport(checked(url), endpoint.key), endpoint.concurrency));
  const { requestsPerMinute = null, tokensPerMinute = null, patience = null, hedge = null } = endpoint;
  const limiter = new Limiter(lanes, { requestsPerMinute, tokensPerMinute, now: elapsed });
  const counts = { calls: 0, hedges: 0 };
  /** Tokens of an answer, lately: what the next one takes of the budget, about. */
  let answerTokens: number | null = null;

  /** Time for an attempt; twice as much after each time-out, so that an honestly long answer comes through. */
  function timeoutOf({ lane }: Slot, timeouts: number): number {
    const tail = patience === null ? null : lane.latencies.quantile(0.99);
    if (patience === null || tail === null) return endpoint.timeoutMs;
    return Math.min(endpoint.timeoutMs, Math.max(leastPatienceMs, patience * tail) * 2 ** timeouts);
  }

  async function attempt(call: Call, slot: Slot, entry: Entry, timeouts: number): Promise<ChatReply> {
    const start = (place: Slot): Attempting => {
      try {
        call.options.admit?.();
      } catch (error) {
        place.settle(neverSent);
        throw error;
      }
      return startAttempt(endpoint, call, place, timeoutOf(place, timeouts), { now });
    };
    const first = start(slot);
    counts.calls++;
    const after = hedge === null ? null : slot.lane.latencies.quantile(hedge);
    if (after === null) return first.reply;
    return hedged(first, after, () => {
      if (counts.hedges >= HEDGED_SHARE * counts.calls) return null;
      const second = limiter.tryAcquire(entry, slot.lane);
      if (!second) return null;
      try {
        const started = start(second);
        counts.hedges++;
        return started;
      } catch {
        // Whoever admits calls refuses another one; the first goes on.
        return null;
      }
    });
  }

  return {
    state: () => ({ queued: limiter.queued, lanes: limiter.states() }),
    async chat(request, options = {}) {
      const { signal, run = '' } = options;
      // Many calls wait on one activity's signal; that is no leak.
      if (signal) setMaxListeners(Infinity, signal);
      const cancelled = () =>
        new CallError('cancelled', '', { url: endpoint.url, model: request.model, key: endpoint.key });
      const promptTokens = estimatePrompt(request);
      const call: Call = { request, body: requestBody(request, endpoint.dialect), promptTokens, options };
      const tokens = promptTokens + Math.min(request.sampling.maxTokens, answerTokens ?? Number.POSITIVE_INFINITY);
      for (let failures = 0, timeouts = 0; ; failures++) {
        options.admit?.();
        const entry: Entry = { run, tokens, again: failures > 0, signal };
        const slot = await limiter.acquire(entry).catch(() => {
          throw cancelled();
        });
        let error: CallError;
        for (let held = options.ready?.(); held; held = options.ready?.()) {
          await held;
          if (!signal?.aborted) continue;
          slot.settle(neverSent);
          throw cancelled();
        }
        try {
          const reply = await attempt(call, slot, entry, timeouts);
          answerTokens = smoothed(answerTokens, reply.completionTokens);
          return reply;
        } catch (thrown) {
          if (!CallError.isInstance(thrown) || !thrown.retryable || failures >= endpoint.retries) throw thrown;
          error = thrown;
        }
        if (error.kind === 'timeout') timeouts++;
        await sleep(pauseAfter(error, failures, urls.length > 1, random), signal).catch(() => {
          throw cancelled();
        });
      }
    },
  };
}

const neverSent = { outcome: 'unknown', milliseconds: 0, headers: null, retryAfterMs: null, tokens: 0 } as const;

/**
 * The first reply of two equal attempts, of which the second starts when the first takes long. Where one fails the other
 * decides; the slower one is cancelled.
 */
async function hedged(first: Attempting, afterMs: number, startSecond: () => Attempting | null): Promise<ChatReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), afterMs)));
  const early = await Promise.race([first.reply, late]).finally(() => clearTimeout(timer));
  if (early !== 'late') return early;
  const second = startSecond();
  if (!second) return first.reply;
  try {
    return await Promise.any([first.reply, second.reply]);
  } catch {
    return await first.reply;
  } finally {
    first.cancel();
    second.cancel();
  }
}

/**
 * Milliseconds to wait after an error. What the server asks for is a least wait: up to a tenth is added, so that the
 * calls that were refused together do not come back together. Another address asked for nothing.
 */
function pauseAfter(error: CallError, failures: number, others: boolean, random: () => number): number {
  if (error.retryAfterMs !== null && !others) return error.retryAfterMs * (1 + random() / 10);
  return random() * Math.min(longestBackOffMs, firstWaitMs * 2 ** failures);
}

const smoothed = (mean: number | null, value: number) => (mean === null ? value : mean + (value - mean) / 16);

/** @throws UserError where it is no address. */
function checked(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UserError(`The address of an endpoint must look like http://host:8000/v1, not ${shownUrl(url)}.`);
  return url;
}

function checkNumbers({ concurrency }: Endpoint): void {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new UserError(`concurrency must be a whole number of at least 1, not ${concurrency}.`);
}

async function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
