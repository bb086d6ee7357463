import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeMaterial } from '../arena/material';
import { openStand, type EndpointShape, type Played } from '../arena/stand';
import type { Bench } from '../bench';
import { simulate, type Site, type UnitCosts } from './simulate';

const PLAYERS = 5;
const GAMES_OF_A_PROMPT = PLAYERS * (PLAYERS - 1);
/** As planArena gives it to these endpoints: batches of 100 battles. */
const windowOf = (concurrency: number, workers: number) =>
  workers * Math.max(4, Math.ceil((6 * concurrency) / 200)) * 200;

interface Case {
  name: string;
  endpoint: EndpointShape;
  concurrency: number;
  workers: number;
  prompts: number;
}

const CASES: readonly Case[] = [
  { name: '320 calls/s', endpoint: { latencyMs: 200, slots: 64 }, concurrency: 96, workers: 1, prompts: 400 },
  { name: '1,280 calls/s', endpoint: { latencyMs: 200, slots: 256 }, concurrency: 384, workers: 1, prompts: 1000 },
  { name: '5 ms, no limit', endpoint: { latencyMs: 5, slots: null }, concurrency: 64, workers: 1, prompts: 2000 },
  {
    name: '2,500 calls/s, two workers',
    endpoint: { latencyMs: 50, slots: 125 },
    concurrency: 100,
    workers: 2,
    prompts: 3000,
  },
];
/** Sizes beyond this machine, of calls: what would saturate there, by the same costs. */
const BEYOND: readonly (Site & { name: string })[] = [
  {
    name: 'one judge of 64 slots and 2 s, a laptop',
    calls: 20_000,
    latency: 2,
    slots: 64,
    workers: 1,
    concurrency: 96,
    window: 800,
    cores: 2,
  },
  {
    name: '16 judges of 64 slots and 2 s, one worker of 4 cores',
    calls: 100_000,
    latency: 2,
    slots: 1024,
    workers: 1,
    concurrency: 1536,
    window: 9600,
    cores: 4,
  },
  {
    name: 'the same of .5 s',
    calls: 100_000,
    latency: 0.5,
    slots: 1024,
    workers: 1,
    concurrency: 1536,
    window: 9600,
    cores: 4,
  },
  {
    name: 'the same, four workers of 16 cores',
    calls: 200_000,
    latency: 0.5,
    slots: 4096,
    workers: 4,
    concurrency: 1536,
    window: 38_400,
    cores: 16,
  },
];

/** A simulation by unit costs that one arena has measured, beside arenas that are then played. */
export const bench: Bench = {
  name: 'scale-model',
  about: 'what a simulation by measured unit costs predicts, beside arenas through Temporal and Postgres',
  async *run({ short, say }) {
    const stand = await openStand();
    try {
      const play = async (name: string, { endpoint, concurrency, workers, prompts }: Omit<Case, 'name'>) => {
        const material = await writeMaterial(join(stand.folder, `material-${prompts}`), { prompts, players: PLAYERS });
        say(`scale-model: ${name}`);
        return stand.play({ name: `scale-${name.replace(/\W+/g, '-')}`, material, endpoint, concurrency, workers });
      };
      const share = short ? 0.05 : 1;
      const calibration = {
        endpoint: { latencyMs: 5, slots: null },
        concurrency: 64,
        workers: 1,
        prompts: Math.ceil(1000 * share),
      };
      const measured = await play('calibration', calibration);
      const costs = costsOf(measured);
      for (const one of CASES) {
        const prompts = Math.ceil(one.prompts * share);
        const played = await play(one.name, { ...one, prompts });
        const { seconds, busy } = simulate(siteOf({ ...one, prompts }, played), costs);
        const figure = seconds / played.seconds;
        yield {
          name: `predicted beside played: ${one.name}, ${played.calls} games`,
          goal: 'within 0.15 of 1',
          figure,
          unit: '×',
          ok: short ? null : Math.abs(figure - 1) <= 0.15,
          note: `${seconds.toFixed(1)} s predicted, ${played.seconds.toFixed(1)} s played; busiest: ${busiest(busy)}; other programs ${played.othersCores.toFixed(2)} cores`,
        };
      }
      for (const { name, ...site } of BEYOND) {
        const { seconds, busy } = simulate({ ...site, calls: Math.ceil(site.calls * share) }, { ...costs, around: 0 });
        yield {
          ...{
            name: `predicted: ${name}`,
            goal: 'stated',
            figure: Math.ceil(site.calls * share) / seconds,
            unit: 'calls/s',
            ok: null,
          },
          note: `busiest: ${busiest(busy)}`,
        };
      }
    } finally {
      await stand.close();
    }
  },
};

function costsOf({ cpu, calls, seconds, callingSeconds }: Played): UnitCosts {
  return {
    worker: cpu.worker / calls,
    others: (cpu.postgres + cpu.temporal + cpu.endpoint) / calls,
    around: seconds - callingSeconds,
  };
}

function siteOf({ endpoint, concurrency, workers, prompts }: Omit<Case, 'name'>, { othersCores }: Played): Site {
  return {
    calls: prompts * GAMES_OF_A_PROMPT,
    latency: endpoint.latencyMs / 1000,
    slots: endpoint.slots,
    window: windowOf(concurrency, workers),
    // What other programs take is not there: on a quiet machine all cores are.
    cores: Math.max(1, Math.round(availableParallelism() - othersCores)),
    ...{ concurrency, workers },
  };
}

function busiest({ endpoint, workerThread, cores }: ReturnType<typeof simulate>['busy']): string {
  const parts: [string, number][] = [
    ['the endpoint', endpoint],
    ['the worker’s thread', workerThread],
    ['the cores', cores],
  ];
  const [name, share] = parts.reduce((most, part) => (part[1] > most[1] ? part : most));
  return `${name}, ${(100 * share).toFixed(0)}%`;
}
