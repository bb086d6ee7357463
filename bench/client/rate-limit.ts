import { createChatClient } from '../../src/models/client';
import type { BenchOptions, Row } from '../bench';
import { startEndpoint, total } from './endpoint';
import { keepBusy, perSecond, type Load } from './load';

/** Calls a second that the endpoint answers; more get 429. */
const LIMIT = 100;
const LATENCY_MS = 200;
/** Times the limit, at the start. */
const OFFERED = 1.4;
/** The client learns the limit until then. */
const LEARNED_SECONDS = 10;

/** An endpoint that answers 429 above a rate, met by workers that know nothing of it nor of each other. */
async function meet(workers: number, seconds: number): Promise<Row> {
  const endpoint = await startEndpoint({ latencyMs: LATENCY_MS, requestsPerSecond: LIMIT });
  try {
    const concurrency = Math.round((OFFERED * LIMIT * LATENCY_MS) / 1000 / workers);
    const counted = async () => {
      const { calls, answered } = await endpoint.stats();
      return { attempts: total(calls), answered: total(answered) };
    };
    const clients = Array.from({ length: workers }, () =>
      createChatClient({
        ...{ url: endpoint.url, key: null, concurrency, timeoutMs: 60_000, retries: 6, price: { input: 0, output: 0 } },
      }),
    );
    const loads: Promise<Load[]> = Promise.all(
      // Calls that wait to be repeated leave their place to others.
      clients.map((client) => keepBusy(client, { calls: 3 * concurrency, seconds })),
    );
    await new Promise((resolve) => setTimeout(resolve, LEARNED_SECONDS * 1000));
    const before = await counted();
    const ended = await loads;
    const after = await counted();
    const answered = after.answered - before.answered;
    const attempts = (after.attempts - before.attempts) / Math.max(1, answered);
    const used = ended.reduce((sum, load) => sum + perSecond(load, LEARNED_SECONDS), 0) / LIMIT;
    const shares = ended.map((load) => Math.round(perSecond(load, LEARNED_SECONDS)));
    return {
      name: `429 above ${LIMIT} calls/s, offered ${OFFERED} times that${workers === 1 ? '' : ` by ${workers} workers together`}: share of the limit used`,
      goal: '≥ 90%, attempts ≤ 1.2 × successes after 10 s',
      figure: 100 * used,
      unit: '%',
      ok: used >= 0.9 && attempts <= 1.2,
      note: `${attempts.toFixed(3)} attempts for each success; ${ended.reduce((sum, { lost }) => sum + lost, 0)} calls lost${workers === 1 ? '' : `; calls/s by worker: ${shares.join(', ')}`}`,
    };
  } finally {
    endpoint.stop();
  }
}

/** For `bench/client` and `bench/arena`. */
export async function rateLimitRows({ short }: BenchOptions): Promise<Row[]> {
  const seconds = short ? 15 : 40;
  return [await meet(1, seconds), ...(short ? [] : [await meet(3, seconds)])];
}
