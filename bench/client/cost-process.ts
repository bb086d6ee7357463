/** `plain|thin|bare URL CALLS CONCURRENCY`: so many calls through the client over one transport; prints what they cost this process. */
import { createChatClient } from '../../src/models/client';
import { thinFetch } from '../../src/models/http';
import { bareTransport, type OpenTransport } from '../../src/models/transport';
import { requestOf } from './load';
import { openaiTransport } from './openai-transport';
import { ownCosts } from '../process';

const transports: Record<string, OpenTransport> = {
  plain: openaiTransport(),
  thin: openaiTransport(thinFetch),
  bare: bareTransport,
};

async function main([name = '', url = '', calls = '', concurrency = '']: string[]): Promise<void> {
  const transport = transports[name];
  if (!transport) throw new Error(`there is no transport ${name}`);
  const client = createChatClient(
    {
      ...{ url, key: null, concurrency: Number(concurrency), timeoutMs: 60_000, retries: 3 },
      price: { input: 1, output: 1 },
    },
    { transport },
  );
  const play = async (from: number, to: number): Promise<void> => {
    let index = from;
    let usd = 0;
    const onAttempt = (attempt: { usd: number }) => void (usd += attempt.usd);
    const loop = async () => {
      while (index < to) await client.chat(requestOf(index++), { onAttempt });
    };
    await Promise.all(Array.from({ length: Number(concurrency) }, loop));
  };
  // Connections are open and code is compiled before it counts.
  await play(0, 2 * Number(concurrency));
  const before = ownCosts();
  const started = performance.now();
  await play(1_000_000, 1_000_000 + Number(calls));
  const seconds = (performance.now() - started) / 1000;
  const { cpuSeconds, peakMb } = ownCosts();
  process.stdout.write(`${JSON.stringify({ cpuSeconds: cpuSeconds - before.cpuSeconds, peakMb, seconds })}\n`);
  process.exit(0);
}

void main(process.argv.slice(2));
