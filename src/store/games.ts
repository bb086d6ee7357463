import type { Pool } from 'pg';
import type { Verdict } from '../arena/outcome';
import { bulkInsert, type Columns, type Db } from './bulk';

/** One judge call: two answers in one order; scores and verdict from the point of view of the first. */
export interface Game {
  judge: string;
  prompt: string;
  first: string;
  second: string;
  text: string;
  scoreFirst: number | null;
  scoreSecond: number | null;
  verdict: Verdict;
  finishReason: string;
  promptTokens: number;
  completionTokens: number;
}

const columns: Columns<Game> = [
  ['judge', 'text'],
  ['prompt', 'text'],
  ['first', 'text'],
  ['second', 'text'],
  ['text', 'text'],
  ['scoreFirst', 'real'],
  ['scoreSecond', 'real'],
  ['verdict', 'text'],
  ['finishReason', 'text'],
  ['promptTokens', 'int'],
  ['completionTokens', 'int'],
];

/** What the outcome of a battle needs of a game. */
export type GameScores = Pick<Game, 'prompt' | 'first' | 'second' | 'scoreFirst' | 'scoreSecond' | 'verdict'>;

/** Columns of `GameScores`. */
export const scoresOf = `games.prompt, first, second, score_first as "scoreFirst", score_second as "scoreSecond", verdict`;

/** Key of a game of one judge inside one process. */
export const gameKey = (prompt: string, first: string, second: string) => `${prompt} ${first} ${second}`;

/** Keys of both games of some battles. */
export function gamesOfBattles(
  battles: readonly { prompt: string; playerA: string; playerB: string }[],
): Pick<Game, 'prompt' | 'first' | 'second'>[] {
  return battles.flatMap(({ prompt, playerA: a, playerB: b }) => [
    { prompt, first: a, second: b },
    { prompt, first: b, second: a },
  ]);
}

/** Stores games and returns what is stored under each key, in the order of `games`: the first text that arrived. */
export async function saveGames(pool: Pool, games: Game[]): Promise<GameScores[]> {
  const inserted = await bulkInsert(pool, 'games', columns, games);
  // All are new, as nearly always: what stands there is known without asking.
  if (inserted === games.length) return games;
  // A write never mixes judges with the same key twice, so one look-up per judge finds all.
  const stored = new Map<string, GameScores>();
  for (const judge of new Set(games.map((game) => game.judge))) {
    const mine = games.filter((game) => game.judge === judge);
    for (const [key, game] of await loadGames(pool, judge, mine)) stored.set(`${judge} ${key}`, game);
  }
  return games.map((game) => stored.get(`${game.judge} ${gameKey(game.prompt, game.first, game.second)}`) ?? game);
}

/** Stored games of a judge by (prompt, first, second). */
export async function loadGames(
  db: Db,
  judge: string,
  keys: readonly Pick<Game, 'prompt' | 'first' | 'second'>[],
): Promise<Map<string, GameScores>> {
  const { rows } = await db.query<GameScores>({
    name: 'load-games',
    text: `select ${scoresOf} from games join unnest($2::text[], $3::text[], $4::text[]) as wanted(q, f, s)
           on games.prompt = q and first = f and second = s where judge = $1`,
    values: [judge, keys.map(({ prompt }) => prompt), keys.map(({ first }) => first), keys.map(({ second }) => second)],
  });
  return new Map(rows.map((row) => [gameKey(row.prompt, row.first, row.second), row]));
}

/** Readable games of some arenas, each once: the same game may belong to several. */
export async function gamesOfArenas(
  pool: Pool,
  arenas: readonly string[],
): Promise<Pick<GameScores, 'prompt' | 'first' | 'second' | 'verdict'>[]> {
  const { rows } = await pool.query<GameScores>(
    `select distinct games.prompt, first, second, verdict
       from battles
       join arenas on arenas.id = battles.arena
       join games on games.judge = arenas.judge and games.prompt = battles.prompt
        and ((first = player_a and second = player_b) or (first = player_b and second = player_a))
      where battles.arena = any($1) and battles.outcome not in ('invalid', 'failed') and verdict <> 'invalid'
      order by games.prompt, first, second`,
    [arenas],
  );
  return rows;
}
