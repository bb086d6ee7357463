import type { Outcome } from '../arena/outcome';
import type { Db } from './bulk';
import { gameKey, scoresOf, type Game, type GameScores } from './games';

/** Games and battles that are read and written again when stored judge texts are parsed anew. */

/** What names a game of a known judge. */
export type GamePlace = Pick<Game, 'prompt' | 'first' | 'second'>;

export type StoredText = GameScores & Pick<Game, 'text' | 'finishReason'>;

/** A battle that was decided, with its arena, and the judge and run of that. */
export interface DecidedBattle {
  arena: string;
  run: string;
  judge: string;
  position: number;
  prompt: string;
  playerA: string;
  playerB: string;
  outcome: Outcome;
  margin: number | null;
  /** Initials of both games' verdicts for player a. */
  verdicts: string | null;
}

const battleColumns = `arena, run, judge, position, battles.prompt, player_a as "playerA", player_b as "playerB", outcome, margin, verdicts`;
const decided = `outcome is not null and outcome <> 'failed'`;

const columnsOf = (games: readonly GamePlace[]) => [
  games.map(({ prompt }) => prompt),
  games.map(({ first }) => first),
  games.map(({ second }) => second),
];

/** Arenas of a run with their judges and sizes, the oldest first. */
export async function arenasOfRun(db: Db, run: string): Promise<{ id: string; judge: string; size: number }[]> {
  const { rows } = await db.query<{ id: string; judge: string; size: number }>(
    'select id, judge, size from arenas where run = $1 order by created_at, id',
    [run],
  );
  return rows;
}

/** All judges with their identities as stored; there are few. */
export async function allJudges(db: Db): Promise<{ id: string; name: string; identity: unknown }[]> {
  const { rows } = await db.query<{ id: string; name: string; identity: unknown }>(
    'select id, name, identity from judges order by id',
  );
  return rows;
}

/** Decided battles of an arena from position `from` to before `to`. */
export async function decidedBattles(db: Db, arena: string, from: number, to: number): Promise<DecidedBattle[]> {
  const { rows } = await db.query<DecidedBattle>(
    `select ${battleColumns} from battles join arenas on arenas.id = arena
      where arena = $1 and position >= $2 and position < $3 and ${decided} order by position`,
    [arena, from, to],
  );
  return rows;
}

/** Decided battles of any run that rest on some games of a judge. */
export async function battlesOn(db: Db, judge: string, games: readonly GamePlace[]): Promise<DecidedBattle[]> {
  const { rows } = await db.query<DecidedBattle>(
    `select distinct ${battleColumns} from unnest($2::text[], $3::text[], $4::text[]) as game(prompt, first, second)
       join battles on battles.prompt = game.prompt
        and ((player_a = first and player_b = second) or (player_a = second and player_b = first))
       join arenas on arenas.id = arena and judge = $1
      where ${decided} order by arena, position`,
    [judge, ...columnsOf(games)],
  );
  return rows;
}

/** Stored texts of a judge by `gameKey`, with what was read in them. */
export async function gameTexts(db: Db, judge: string, games: readonly GamePlace[]): Promise<Map<string, StoredText>> {
  const { rows } = await db.query<StoredText>(
    `select ${scoresOf}, text, finish_reason as "finishReason"
       from games join unnest($2::text[], $3::text[], $4::text[]) as wanted(q, f, s)
         on games.prompt = q and first = f and second = s where judge = $1`,
    [judge, ...columnsOf(games)],
  );
  return new Map(rows.map((row) => [gameKey(row.prompt, row.first, row.second), row]));
}

/** Replaces what was read in some games of a judge, and their texts: those of a jury are derived too. */
export async function rewriteGames(db: Db, judge: string, games: readonly StoredText[]): Promise<void> {
  await db.query(
    `update games set verdict = row.verdict, score_first = row.a, score_second = row.b, text = row.text
       from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::real[], $7::real[], $8::text[])
            as row(prompt, first, second, verdict, a, b, text)
      where games.judge = $1 and games.prompt = row.prompt and games.first = row.first and games.second = row.second`,
    [
      judge,
      ...columnsOf(games),
      games.map(({ verdict }) => verdict),
      games.map(({ scoreFirst }) => scoreFirst),
      games.map(({ scoreSecond }) => scoreSecond),
      games.map(({ text }) => text),
    ],
  );
}

/** Replaces outcomes and margins of decided battles. */
export async function rewriteOutcomes(
  db: Db,
  battles: readonly Pick<DecidedBattle, 'arena' | 'position' | 'outcome' | 'margin' | 'verdicts'>[],
): Promise<void> {
  await db.query(
    `update battles set outcome = row.outcome, margin = row.margin, verdicts = row.verdicts
       from unnest($1::text[], $2::int[], $3::text[], $4::real[], $5::text[]) as row(arena, position, outcome, margin, verdicts)
      where battles.arena = row.arena and battles.position = row.position`,
    [
      battles.map(({ arena }) => arena),
      battles.map(({ position }) => position),
      battles.map(({ outcome }) => outcome),
      battles.map(({ margin }) => margin),
      battles.map(({ verdicts }) => verdicts),
    ],
  );
}
