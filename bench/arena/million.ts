import { join } from 'node:path';
import { Pool } from 'pg';
import { rateTable } from '../../src/arena/rate';
import { traceBattles } from '../../src/store/lineage';
import { ratingTable } from '../../src/store/rating-table';
import { leaderboardsOf } from '../../src/store/results';
import type { Row } from '../bench';
import { costsOf } from '../costs';
import { slowestTask } from '../history';
import { median } from '../process';
import { writeMaterial } from './material';
import { cpuNote, type Part } from './stand';

const PLAYERS = 20;
const PAIRS = (PLAYERS * (PLAYERS - 1)) / 2;
const ENDPOINT = { latencyMs: 5, slots: null };
const GOALS = { rate: 1800, drift: 0.1, events: 0.1, bytes: 30, task: 1, board: 0.2, ratings: 1.5 };

/** One run of a million games at an endpoint of 5 ms without a limit: its rate, its memory, its history, its bytes, and reading it. */
export async function millionRows({ stand, short, say }: Part): Promise<Row[]> {
  const prompts = short ? 16 : Math.ceil(500_000 / PAIRS);
  const battles = prompts * PAIRS;
  const material = await writeMaterial(join(stand.folder, 'material'), { prompts, players: PLAYERS });
  say(`arena: ${2 * battles} games at 5 ms, no limit`);
  const memory: { games: number; megabytes: number }[] = [];
  let said = 0;
  const played = await stand.play({
    ...{ name: 'million', material, endpoint: ENDPOINT, concurrency: 64 },
    look({ workers: [worker], endpoint: { answered } }) {
      memory.push({ games: answered, megabytes: costsOf(worker?.pid ?? 0)?.residentMb ?? 0 });
      if (answered - said < 100_000) return;
      said = answered;
      say(`arena: ${answered} games`);
    },
  });
  const { history } = played;
  const rate = (2 * battles) / played.seconds;
  /** The middle of what the worker held between two counts of games. */
  const held = (from: number, to: number) =>
    median(memory.flatMap(({ games, megabytes }) => (games >= from && games <= to ? [megabytes] : [])));
  const early = held(0.1 * 2 * battles, 0.2 * 2 * battles);
  const late = held(0.9 * 2 * battles, 2 * battles);
  const seen = Number.isFinite(late / early);
  const large = (name: string, figure: number, goal: number, unit: string, note?: string): Row => ({
    ...{ name, goal: `≤ ${goal}`, figure, unit, ok: short ? null : figure <= goal },
    ...(note === undefined ? {} : { note }),
  });
  return [
    {
      name: `an endpoint of 5 ms, no limit, one worker, ${2 * battles} games`,
      goal: `≥ ${GOALS.rate}`,
      figure: rate,
      unit: 'calls/s',
      ok: short ? null : rate >= GOALS.rate,
      note: `with ledger and raw text, from start to completion (${played.seconds.toFixed(0)} s); ${(played.calls / played.callingSeconds).toFixed(0)} while calling; ${cpuNote(played)}`,
    },
    {
      name: 'memory of the worker, the last tenth beside the second',
      goal: `within ${GOALS.drift}`,
      // A short arena may be over between two looks.
      figure: seen ? late / early : 0,
      unit: '×',
      ok: short || !seen ? null : Math.abs(late / early - 1) <= GOALS.drift,
      note: `${seen ? `${early.toFixed(0)} MB, then ${late.toFixed(0)} MB resident` : 'over too soon to be looked at twice'}; ${played.workerPeakMb.toFixed(0)} MB at most`,
    },
    large(
      `history: events per battle, ${battles} battles`,
      history.events / battles,
      GOALS.events,
      'events',
      `${history.runs} runs by continue-as-new`,
    ),
    large('history: bytes per battle', history.bytes / battles, GOALS.bytes, 'bytes'),
    large(
      'history: the longest workflow task',
      slowestTask(history).seconds,
      GOALS.task,
      's',
      `${history.failedTasks} failed or timed out`,
    ),
    ...(await reading(played.databaseUrl, played.run, 2 * battles, short)),
  ];
}

/** Rates, lists and shows what is stored. */
async function reading(databaseUrl: string, run: string, games: number, short: boolean): Promise<Row[]> {
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  const timed = async (body: () => Promise<unknown>) => {
    const seconds: number[] = [];
    for (let repeat = 0; repeat < 3; repeat++) {
      const started = performance.now();
      await body();
      seconds.push((performance.now() - started) / 1000);
    }
    return median(seconds);
  };
  try {
    await pool.query('analyze');
    const { rows } = await pool.query<{ name: string; bytes: string; indexes: string }>(
      `select relname as name, pg_table_size(oid) as bytes, pg_indexes_size(oid) as indexes
         from pg_class where relkind = 'r' and relname in ('games', 'battles', 'ledger', 'answers') order by 1`,
    );
    const bytes = rows.reduce((sum, row) => sum + Number(row.bytes) + Number(row.indexes), 0) / games;
    const arenas = await pool.query<{ id: string }>('select id from arenas where run = $1', [run]);
    const { rows: some } = await pool.query<{ prompt: string }>('select prompt from battles limit 1');
    const board = await timed(() => leaderboardsOf(pool, run));
    const rated = await timed(async () =>
      rateTable(
        await ratingTable(
          pool,
          arenas.rows.map(({ id }) => id),
          (id) => id,
        ),
        { rounds: 0 },
      ),
    );
    const shown = await timed(() => traceBattles(pool, { run, prompt: some[0]?.prompt ?? '' }));
    const row = (name: string, figure: number, goal: number | null, note: string): Row => ({
      ...{ name, goal: goal === null ? 'stated' : `≤ ${goal}`, figure, unit: 's' },
      ...{ ok: short || goal === null ? null : figure <= goal, note },
    });
    return [
      {
        ...{ name: 'database bytes per game', goal: 'stated', figure: bytes, unit: 'bytes', ok: null },
        note: rows
          .map(
            (one) =>
              `${one.name} ${(Number(one.bytes) / games).toFixed(0)} + indexes ${(Number(one.indexes) / games).toFixed(0)}`,
          )
          .join('; '),
      },
      row('the leaderboard, read', board, GOALS.board, 'the median of three'),
      row(
        'ratings with clustered standard errors from the database',
        rated,
        GOALS.ratings,
        `${games / 2} battles; the median of three`,
      ),
      row(`all ${PAIRS} battles on a prompt, shown with the judge's texts`, shown, null, 'the median of three'),
    ];
  } finally {
    await pool.end();
  }
}
