import type { ChatClient, ChatRequest } from '../../src/models/chat';
import { CallError } from '../../src/models/errors';

/** A request of about 2 KB, as a short judging prompt; the sandbox's `echo` answers with some of its words, and so with its number. */
export const requestOf = (index: number): ChatRequest => ({
  model: 'echo',
  messages: [
    { role: 'user', content: `The quick fox number${index} jumps over the lazy dog while cats look. `.repeat(30) },
  ],
  sampling: { temperature: 0, topP: 1, maxTokens: 256 },
  seed: index,
});

/** What came of a time of calls. */
export interface Load {
  /** Calls with a reply, and HTTP attempts, of which some failed. */
  answered: number;
  attempts: number;
  failed: number;
  /** Calls that were given up after their retries. */
  lost: number;
  /** Replies in each whole second. */
  bySecond: number[];
}

/**
 * Keeps so many calls under way for a time, then cancels what is left. @param check is told of each reply.
 */
export async function keepBusy(
  client: ChatClient,
  { calls, seconds, check }: { calls: number; seconds: number; check?: (index: number, text: string) => void },
): Promise<Load> {
  const load: Load = {
    answered: 0,
    attempts: 0,
    failed: 0,
    lost: 0,
    bySecond: Array.from({ length: seconds }, () => 0),
  };
  const end = new AbortController();
  const started = performance.now();
  let index = 0;
  let over = false;
  const onAttempt = ({ error }: { error: string | null }) => {
    if (over) return;
    load.attempts++;
    if (error !== null) load.failed++;
  };
  const loop = async (): Promise<void> => {
    while (!over) {
      const mine = index++;
      try {
        const { text } = await client.chat(requestOf(mine), { signal: end.signal, onAttempt });
        check?.(mine, text);
        if (over) return;
        load.answered++;
        const second = Math.floor((performance.now() - started) / 1000);
        if (second < seconds) load.bySecond[second]!++;
      } catch (error) {
        if (!CallError.isInstance(error)) throw error;
        if (!over) load.lost++;
      }
    }
  };
  const loops = Promise.all(Array.from({ length: calls }, loop));
  await Promise.race([loops, new Promise((resolve) => setTimeout(resolve, seconds * 1000))]);
  over = true;
  end.abort();
  await loops;
  return load;
}

/** Replies a second from a second on. */
export const perSecond = ({ bySecond }: Load, from: number): number =>
  bySecond.slice(from).reduce((sum, count) => sum + count, 0) / (bySecond.length - from);
