import { join } from 'node:path';
import type { Row } from '../bench';
import { writeMaterial } from './material';
import { cpuNote, type EndpointShape, type Part } from './stand';

interface Case extends EndpointShape {
  name: string;
  slots: number;
  /** More calls in flight than the endpoint has slots: while a reply travels, the next call waits there already. */
  concurrency: number;
  /** As many as keep it busy for a minute: an arena's first and last second weigh the same in each. */
  prompts: number;
  goal: number;
}

const CASES: readonly Case[] = [
  { name: '320 calls/s (64 slots of 200 ms)', latencyMs: 200, slots: 64, concurrency: 96, prompts: 1000, goal: 0.97 },
  {
    name: '1,280 calls/s (256 slots of 200 ms)',
    latencyMs: 200,
    slots: 256,
    concurrency: 384,
    prompts: 4000,
    goal: 0.93,
  },
];
const PLAYERS = 5;

/** Endpoints that could be kept full: what share of their capacity one worker reaches, the whole workflow counted. */
export async function capacityRows({ stand, short, say }: Part): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [index, one] of CASES.entries()) {
    const { name, goal, concurrency, prompts: whole, ...endpoint } = one;
    const prompts = short ? 100 : whole;
    const games = prompts * PLAYERS * (PLAYERS - 1);
    say(`arena: ${games} games at ${name}`);
    const material = await writeMaterial(join(stand.folder, `material-${index}`), { prompts, players: PLAYERS });
    const played = await stand.play({ name: `capacity-${index}`, material, endpoint, concurrency });
    const rate = games / played.seconds;
    const figure = rate / ((one.slots / one.latencyMs) * 1000);
    const calling = (played.calls * one.latencyMs) / 1000 / one.slots / played.callingSeconds;
    rows.push({
      name: `an endpoint of ${name}, ${games} games`,
      goal: `≥ ${goal}`,
      figure,
      unit: 'of capacity',
      ok: short ? null : figure >= goal,
      note: `${rate.toFixed(0)} calls/s from start to completion, ${played.seconds.toFixed(1)} s; ${calling.toFixed(3)} from the first call to the last reply; ${cpuNote(played)}`,
    });
  }
  return rows;
}
