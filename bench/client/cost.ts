import { join } from 'node:path';
import type { BenchOptions, Row } from '../bench';
import { measureOnAllCores, median } from '../process';
import { startEndpoint } from './endpoint';

const LATENCY_MS = 50;
const CONCURRENCY = 256;

/** CPU of one call through the client, over each transport in turn, against one endpoint. */
export async function costRows({ short, say }: BenchOptions): Promise<Row[]> {
  const [calls, rounds] = short ? [1000, 1] : [8000, 3];
  const endpoint = await startEndpoint({ latencyMs: LATENCY_MS });
  const perCpuSecond: Record<string, number[]> = { plain: [], thin: [], bare: [] };
  try {
    for (let round = 0; round < rounds; round++)
      for (const name of Object.keys(perCpuSecond)) {
        const process = join(__dirname, 'cost-process.js');
        const costs = await measureOnAllCores([process, name, endpoint.url, String(calls), String(CONCURRENCY)]);
        perCpuSecond[name]!.push(calls / costs.cpuSeconds);
        say(
          `  ${name}: ${Math.round(calls / costs.cpuSeconds)} calls per CPU second, ${Math.round(calls / Number(costs['seconds']))} calls a second, ${Math.round(costs.peakMb)} MB`,
        );
      }
  } finally {
    endpoint.stop();
  }
  const [plain, thin, bare] = Object.values(perCpuSecond).map(median) as [number, number, number];
  const row = (name: string, figure: number, rest: Partial<Row> = {}): Row => ({
    ...{ name: `calls per CPU second: ${name}`, goal: '', figure, unit: 'calls/s', ok: null },
    ...rest,
  });
  return [
    row('openai, its own fetch (plain)', plain),
    row('openai over undici (thin)', thin, { note: `${(thin / plain).toFixed(2)} times plain` }),
    row('undici dispatch (bare), what we use', bare, {
      ...{ goal: 'at least 1.5 times thin', ok: bare >= 1.5 * thin },
      note: `${(bare / thin).toFixed(2)} times thin, ${(bare / plain).toFixed(2)} times plain; ${Math.round(1e6 / bare)} µs a call with body, limits, parsing and ledger callback`,
    }),
  ];
}
