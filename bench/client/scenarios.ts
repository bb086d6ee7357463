import type { Endpoint } from '../../src/models/endpoint';
import type { Limits, SandboxOptions } from '../../src/sandbox/options';

/** Calls in flight at each endpoint, and the time that it takes for one. */
export const CALLS = 32;
export const LATENCY_MS = 200;

/** An endpoint in trouble. */
export interface Scenario {
  about: string;
  endpoint: SandboxOptions;
  client?: Partial<Endpoint>;
  /** What changes after half of the time. */
  midway?: Limits;
  /** Calls under way at once; more than may be in flight where it is absent. */
  calls?: number;
  /** What the endpoint could do over the whole time: as a share of what a calm one does in its place, or in calls a second; null: nothing. */
  possible: { share: number } | { perSecond: number } | null;
  /** Of that, at least. */
  goal: number;
}

const latencyMs = LATENCY_MS;

/** The tail: so many calls take so much longer. */
const TAIL = { share: 0.02, seconds: 10 };
const tail = { latencyMs, faults: [{ kind: 'slow', seconds: TAIL.seconds, match: { share: TAIL.share } }] } as const;
const SLOWED = LATENCY_MS / (LATENCY_MS + 1000 * TAIL.share * TAIL.seconds);
/** A limit, and what becomes of it. */
const [FIRST, THEN] = [120, 60];

export const SCENARIOS: Record<string, Scenario> = {
  // The measure for the others, taken right before each: two endpoints share the processors there, too.
  calm: { about: 'is calm', endpoint: { latencyMs }, possible: null, goal: 0 },
  silent: {
    about: 'never answers',
    endpoint: { faults: [{ kind: 'timeout' }] },
    client: { timeoutMs: 2000, retries: 1 },
    ...{ possible: null, goal: 0 },
  },
  disorder: {
    about: 'answers out of order, each call within 0 to 400 ms',
    endpoint: { jitterMs: 2 * LATENCY_MS },
    ...{ possible: { share: 1 }, goal: 0.9 },
  },
  closing: {
    about: 'closes every tenth connection before it answers',
    endpoint: { latencyMs, faults: [{ kind: 'reset', match: { every: 10 } }] },
    // A closed connection costs no time at the endpoint.
    ...{ possible: { share: 1 }, goal: 0.85 },
  },
  changing: {
    about: `changes its limit in the middle, from ${FIRST} to ${THEN} calls a second`,
    endpoint: { latencyMs, requestsPerSecond: FIRST },
    midway: { requestsPerSecond: THEN },
    ...{ possible: { perSecond: (FIRST + THEN) / 2 }, goal: 0.85 },
  },
  shrinking: {
    about: 'loses three quarters of its 32 slots in the middle',
    endpoint: { latencyMs, capacity: CALLS },
    midway: { capacity: CALLS / 4 },
    ...{ possible: { share: (1 + 1 / 4) / 2 }, goal: 0.85 },
  },
  tail: {
    about: `answers ${100 * TAIL.share}% of the calls ${TAIL.seconds} s late`,
    endpoint: { ...tail, faults: [...tail.faults] },
    ...{ possible: { share: SLOWED }, goal: 0.85 },
  },
  hedged: {
    about: 'has the same tail, with hedge: 0.97 and room for it',
    endpoint: { ...tail, faults: [...tail.faults] },
    client: { hedge: 0.97 },
    calls: CALLS / 2,
    // Without hedges.
    ...{ possible: { share: SLOWED / 2 }, goal: 1.3 },
  },
};
