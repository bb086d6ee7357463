import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import type { Row } from '../bench';
import { writeMaterial } from './material';
import { cpuNote, type Part } from './stand';

const ENDPOINT = { latencyMs: 50, slots: 125 };
/** Calls of one worker in flight: half of the slots, since one worker alone could fill the endpoint with more. */
const CONCURRENCY = 63;
const PLAYERS = 5;

/** One worker and two on an endpoint that takes 2,500 calls a second; where the cores are used up, they are the limit. */
export async function workersRows({ stand, short, say }: Part): Promise<Row[]> {
  const prompts = short ? 100 : 4000;
  const games = prompts * PLAYERS * (PLAYERS - 1);
  const material = await writeMaterial(join(stand.folder, 'material'), { prompts, players: PLAYERS });
  const play = async (workers: number) => {
    say(`arena: ${games} games at 2,500 calls/s with ${workers} worker${workers === 1 ? '' : 's'}`);
    return stand.play({ name: `workers-${workers}`, material, endpoint: ENDPOINT, concurrency: CONCURRENCY, workers });
  };
  const one = await play(1);
  const two = await play(2);
  const figure = one.callingSeconds / two.callingSeconds;
  const cores = two.busyCores ?? 0;
  const usedUp = cores >= 0.93 * availableParallelism();
  const rate = (played: typeof one) => (played.calls / played.callingSeconds).toFixed(0);
  return [
    {
      name: `two workers beside one, capacity 2,500 calls/s, ${games} games`,
      goal: '≥ 1.8, or the cores are used up',
      figure,
      unit: '× one',
      ok: short ? null : figure >= 1.8 || usedUp,
      note: `${rate(one)} and ${rate(two)} calls/s while calling; with two ${cores.toFixed(2)} of ${availableParallelism()} cores busy meanwhile${usedUp ? ': they are the limit' : ''}; one: ${cpuNote(one)}; two: ${cpuNote(two)}`,
    },
  ];
}
