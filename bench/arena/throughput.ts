import { join } from 'node:path';
import type { Row } from '../bench';
import { writeMaterial } from './material';
import type { Played, Stand } from './stand';

export interface Part {
  stand: Stand;
  short: boolean;
  say: (line: string) => void;
}

/** One row's endpoint and goal. */
interface Case {
  name: string;
  latencyMs: number;
  slots: number | null;
  concurrency: number;
  prompts: number;
  goal: number;
}

const PLAYERS = 5;
const GAMES_OF_A_PROMPT = PLAYERS * (PLAYERS - 1);

/** Where the CPU went, for a row's note. */
export function cpuNote({ cpu, calls, seconds }: Played): string {
  const each = (part: number) => ((part / calls) * 1e6).toFixed(0);
  const cores = Object.values(cpu).reduce((sum, one) => sum + one, 0) / seconds;
  return `CPU µs a call: worker ${each(cpu.worker)}, Postgres ${each(cpu.postgres)}, Temporal ${each(cpu.temporal)}, endpoint ${each(cpu.endpoint)}; ${cores.toFixed(2)} cores`;
}

export async function throughputRows({ stand, short, say }: Part): Promise<Row[]> {
  const all: Case[] = [
    { name: '320 calls/s (64 slots of 200 ms)', latencyMs: 200, slots: 64, concurrency: 80, prompts: 1000, goal: 0.97 },
    {
      name: '1,280 calls/s (256 slots of 200 ms)',
      latencyMs: 200,
      slots: 256,
      concurrency: 320,
      prompts: 1000,
      goal: 0.93,
    },
    { name: '5 ms, no limit', latencyMs: 5, slots: null, concurrency: 64, prompts: 1000, goal: 1800 },
  ];
  const rows: Row[] = [];
  // FLYWHEEL_BENCH_ROWS: a part of a row's name, for looking at that row alone.
  for (const one of all.filter(({ name }) => name.includes(process.env['FLYWHEEL_BENCH_ROWS'] ?? ''))) {
    const prompts = short ? Math.round(one.prompts * 0.1) : one.prompts;
    const material = await writeMaterial(join(stand.folder, `material-${prompts}`), { prompts, players: PLAYERS });
    say(`arena: ${prompts * GAMES_OF_A_PROMPT} games at ${one.name}`);
    const played = await stand.play({
      name: `throughput-${rows.length}`,
      material,
      endpoint: one,
      concurrency: one.concurrency,
    });
    const rate = played.calls / played.seconds;
    const figure = one.slots === null ? rate : rate / ((one.slots / one.latencyMs) * 1000);
    rows.push({
      name: `an endpoint of ${one.name}, ${played.calls} games`,
      goal: `≥ ${one.goal}`,
      figure,
      unit: one.slots === null ? 'calls/s' : 'of capacity',
      ok: short ? null : figure >= one.goal,
      note: `${rate.toFixed(0)} calls/s from start to completion (${played.seconds.toFixed(1)} s); calling for ${played.callingSeconds.toFixed(1)} s; ${cpuNote(played)}; worker ${played.workerPeakMb.toFixed(0)} MB`,
    });
  }
  return rows;
}
