import { request } from 'undici';

const ANSWER_MS = 3000;

/**
 * What Temporal's SDK tells of itself (docs.temporal.io, "SDK metrics"). Its native part serves it at an address of its own on the
 * loopback, and it is passed on under ours, so that a worker has one address. Null where it does not answer.
 */
export async function readTemporal(address: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const { statusCode, body } = await request(`http://${address}/metrics`, { signal });
    const text = await body.text();
    return statusCode === 200 ? text : null;
  } catch {
    return null;
  }
}
