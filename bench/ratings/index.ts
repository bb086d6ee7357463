import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bench, Row } from '../bench';
import { peersPython } from '../peers-environment';
import { measure, median, type Measured } from '../process';
import { fromPostgres } from './from-postgres';
import { writeBattles, type Size } from './generate';

const PEERS = ['choix==0.4.1', 'evalica==0.4.2', 'arena-rank==0.1.1', 'numpy', 'pandas'];

const SMALL: Size = { name: '20 models, 100 thousand battles', models: 20, battles: 100_000, prompts: 500 };
const MIDDLE: Size = { name: '100 models, 1 million battles', models: 100, battles: 1_000_000, prompts: 2_000 };
const LARGE: Size = { name: '200 models, 10 million battles', models: 200, battles: 10_000_000, prompts: 10_000 };

/** Rounds of the bootstrap in the comparison: the paper's. */
const ROUNDS = 100;
/** What evalica's bootstrap can do in reasonable time; its figure says so. */
const EVALICA_ROUNDS = 2;

/** A measured process prints its ratings by model. */
const Ratings = z.record(z.string(), z.number());

type Measure = (file: string) => Promise<Measured>;

/** One program on one file, null where it could not be installed, and what its runs cost. */
interface Compared {
  file: string;
  run: Measure | null;
  seen: Measured[];
}

export const bench: Bench = {
  name: 'ratings',
  about:
    'CPU seconds and memory from a file of battles to ratings with intervals, beside choix, evalica and arena-rank',
  async *run({ short, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'flywheel-ratings-'));
    try {
      const peers = await peersPython('ratings', PEERS);
      if ('reason' in peers) say(peers.reason);
      const peer = (name: string, rounds: number): Measure | null =>
        'reason' in peers
          ? null
          : (file) => measure(peers.python, [join(sources, 'peers.py'), name, file, String(rounds)]);
      for (const size of short ? [SMALL] : [SMALL, MIDDLE, LARGE]) {
        say(size.name);
        const csv = join(folder, 'battles.csv');
        const jsonl = join(folder, 'battles.jsonl');
        await writeBattles(size, csv, jsonl);
        yield* await compare(size, csv, jsonl, peer, short ? 1 : size === LARGE ? 2 : 3);
      }
      yield* await fromPostgres(short ? 20_000 : 1_000_000, say);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The Python of this bench, which the build does not copy. */
const sources = join(__dirname, '..', '..', '..', 'bench', 'ratings');

const ours =
  (battleRounds: number, promptRounds: number): Measure =>
  (file) =>
    measure(process.execPath, [join(__dirname, 'ours.js'), file, String(battleRounds), String(promptRounds)]);

/** Runs everything in turns, so that a busy moment of the machine meets all alike, and compares medians. */
async function compare(
  size: Size,
  csv: string,
  jsonl: string,
  peer: (name: string, rounds: number) => Measure | null,
  repeats: number,
): Promise<Row[]> {
  const runs = new Map<string, Compared>([
    ['all', { file: csv, run: ours(ROUNDS, ROUNDS), seen: [] }],
    ['jsonl', { file: jsonl, run: ours(ROUNDS, ROUNDS), seen: [] }],
    ['battles', { file: csv, run: ours(ROUNDS, 0), seen: [] }],
    ['choix', { file: csv, run: peer('choix', ROUNDS), seen: [] }],
  ]);
  if (size !== LARGE) {
    runs.set('evalica', { file: csv, run: peer('evalica', size === SMALL ? ROUNDS : EVALICA_ROUNDS), seen: [] });
    runs.set('arena-rank', { file: csv, run: peer('arena-rank', 0), seen: [] });
  }
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const [name, { file, run, seen }] of runs)
      if (run && (repeat === 0 || !['evalica', 'arena-rank'].includes(name))) seen.push(await run(file));

  const cpu = (name: string) => median(runs.get(name)?.seen.map(({ cpuSeconds }) => cpuSeconds) ?? []);
  const peak = (name: string) => Math.max(...(runs.get(name)?.seen.map(({ peakMb }) => peakMb) ?? []));
  const has = (name: string) => (runs.get(name)?.seen.length ?? 0) > 0;
  const note = `ours ${cpu('all').toFixed(2)} s, ${peak('all').toFixed(0)} MB`;
  const ratio = (name: string, mine: number, other: string, most: number | null, unit: string, about: string): Row => {
    const row = { name: `${size.name}: ${name}`, goal: most === null ? 'beside it' : `≤ ${most}` };
    if (!has(other)) return { ...row, figure: 0, unit: '', ok: null, note: `${other} is missing: not installed` };
    const figure = mine / cpu(other);
    return {
      ...row,
      figure,
      unit,
      ok: most === null ? null : figure <= most,
      note: `${about}; ${other} ${cpu(other).toFixed(2)} s, ${peak(other).toFixed(0)} MB`,
    };
  };
  const limits =
    size === MIDDLE
      ? { all: 0.65, battles: null, peak: 120 }
      : size === LARGE
        ? { all: 1.4, battles: 1, peak: 250 }
        : { all: null, battles: null, peak: null };
  const rows: Row[] = [
    ratio('all numbers', cpu('all'), 'choix', limits.all, '× choix', note),
    ratio(
      'fit and 100 battle rounds',
      cpu('battles'),
      'choix',
      limits.battles,
      '× choix',
      `ours ${cpu('battles').toFixed(2)} s`,
    ),
    {
      name: `${size.name}: peak memory`,
      goal: limits.peak === null ? 'beside the peers' : `≤ ${limits.peak} MB`,
      figure: Math.max(peak('all'), peak('jsonl')),
      unit: 'MB',
      ok: limits.peak === null ? null : Math.max(peak('all'), peak('jsonl')) <= limits.peak,
    },
    {
      name: `${size.name}: JSONL`,
      goal: size === MIDDLE ? '≤ 1.2 × CSV' : 'beside CSV',
      figure: cpu('jsonl') / cpu('all'),
      unit: '× CSV',
      ok: size === MIDDLE ? cpu('jsonl') / cpu('all') <= 1.2 : null,
    },
    ...agreement(size, runs.get('all')?.seen[0], runs.get('choix')?.seen[0]),
  ];
  if (size !== LARGE) {
    const rounds = size === SMALL ? `${ROUNDS} rounds` : `${EVALICA_ROUNDS} rounds only`;
    rows.push(
      ratio(`all numbers, evalica with ${rounds}`, cpu('all'), 'evalica', null, '× evalica', note),
      ratio('all numbers, arena-rank with its sandwich', cpu('all'), 'arena-rank', null, '× arena-rank', note),
    );
  }
  if (size === MIDDLE) rows.push(...(await thousandRounds(size, csv)));
  return rows;
}

/** Both maximise the same likelihood; no row where one of them did not run. */
function agreement(size: Size, mine: Measured | undefined, its: Measured | undefined): Row[] {
  if (!mine || !its) return [];
  const ratings = Ratings.parse(mine['ratings']);
  const others = Ratings.parse(its['ratings']);
  // A model that only one of them rates is as far off as can be.
  const gap = Math.max(
    ...Object.entries(ratings).map(([model, rating]) => Math.abs(rating - (others[model] ?? Infinity))),
  );
  return [
    {
      name: `${size.name}: largest difference to choix's ratings`,
      goal: '≤ 0.001 rating points',
      figure: gap,
      unit: 'points',
      ok: gap <= 1e-3,
    },
  ];
}

async function thousandRounds(size: Size, csv: string): Promise<Row[]> {
  const [none, many] = [await ours(0, 1)(csv), await ours(0, 1001)(csv)];
  const seconds = many.cpuSeconds - none.cpuSeconds;
  return [
    {
      name: `${size.name}: 1,000 prompt rounds`,
      goal: '≤ 3 s',
      figure: seconds,
      unit: 's CPU',
      ok: seconds <= 3,
      note: `mean interval ${Number(many['byPromptWidth']).toFixed(2)} points, 3.92 standard errors are ${(3.92 * Number(many['meanError'])).toFixed(2)}`,
    },
  ];
}
