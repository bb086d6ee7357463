import type { Pool } from 'pg';
import type { Outcome } from '../arena/outcome';
import { lastAsked } from './asked';

/** Which battles of a run are wanted; what is null is not asked for. */
export interface BattleFilter {
  /** One arena, or those of one purpose. */
  arena: string | null;
  purpose: string | null;
  /** Ids of two players, in any order; of one: whoever it met. */
  player: string | null;
  opponent: string | null;
  /** For `player` where it is given, else for the player who is named first. */
  outcome: Outcome | null;
  category: string | null;
  /** Least distance of the players' mean scores. */
  margin: number | null;
}

/** A battle of a page: ids, and the beginning of its prompt. */
export interface BattleRow {
  arena: string;
  position: number;
  prompt: string;
  playerA: string;
  playerB: string;
  outcome: Outcome | null;
  margin: number | null;
  verdicts: string | null;
  problem: string | null;
  category: string | null;
  /** The last turn of the user. */
  asked: string;
}

/** Where a page ended: the next one begins behind it. */
export interface BattleCursor {
  arena: string;
  position: number;
}

/** Characters of a prompt in a list. */
const ASKED = 240;

/**
 * A page of a run's battles, the newest arena first, each arena in its order; keyset paging, so that the thousandth page costs what the
 * first did. Arenas are asked one after the other, until the page is full.
 */
export async function battlePage(
  pool: Pool,
  run: string,
  filter: BattleFilter,
  { after, limit }: { after: BattleCursor | null; limit: number },
): Promise<{ battles: BattleRow[]; next: BattleCursor | null }> {
  const { rows: arenas } = await pool.query<{ id: string }>(
    `select id from arenas where run = $1 and ($2::text is null or id = $2) and ($3::text is null or purpose = $3)
      order by created_at desc, id`,
    [run, filter.arena, filter.purpose],
  );
  const ids = arenas.map(({ id }) => id);
  const from = after === null ? 0 : Math.max(0, ids.indexOf(after.arena));
  const battles: BattleRow[] = [];
  for (const arena of ids.slice(from)) {
    const position = after !== null && arena === after.arena ? after.position : -1;
    battles.push(...(await inArena(pool, arena, filter, position, limit + 1 - battles.length)));
    if (battles.length > limit) break;
  }
  const last = battles.length > limit ? battles[limit - 1] : undefined;
  return {
    battles: battles.slice(0, limit),
    next: last ? { arena: last.arena, position: last.position } : null,
  };
}

async function inArena(
  pool: Pool,
  arena: string,
  { player, opponent, outcome, category, margin }: BattleFilter,
  after: number,
  limit: number,
): Promise<BattleRow[]> {
  const values: unknown[] = [arena, after];
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['arena = $1', 'position > $2'];
  if (player !== null) {
    const [one, two] = [place(player), opponent === null ? null : place(opponent)];
    const seenBy = (own: string, other: string, wanted: Outcome | null) =>
      [
        `${own} = ${one}`,
        ...(two === null ? [] : [`${other} = ${two}`]),
        ...(wanted === null ? [] : [`outcome = ${place(wanted)}`]),
      ].join(' and ');
    conditions.push(
      `((${seenBy('player_a', 'player_b', outcome)}) or (${seenBy('player_b', 'player_a', outcome && mirrored(outcome))}))`,
    );
  } else if (outcome !== null) conditions.push(`outcome = ${place(outcome)}`);
  if (margin !== null) conditions.push(`abs(battles.margin) >= ${place(margin)}`);
  if (category !== null)
    conditions.push(`exists (select from prompts where prompts.id = battles.prompt and category = ${place(category)})`);
  // The page is cut before its prompts are read: a prompt may be long.
  const { rows } = await pool.query<BattleRow>(
    `with page as (
       select * from battles where ${conditions.join(' and ')} order by position limit ${place(limit)})
     select arena, position, prompt, player_a as "playerA", player_b as "playerB", outcome, margin, verdicts, problem, category,
            ${lastAsked(ASKED)} as asked
       from page join prompts on prompts.id = page.prompt order by position`,
    values,
  );
  return rows;
}

function mirrored(outcome: Outcome): Outcome {
  return outcome === 'win' ? 'loss' : outcome === 'loss' ? 'win' : outcome;
}

/** A battle with the ids of its players, its judge and its arena's purpose. */
export interface BattlePlace extends Omit<BattleRow, 'asked'> {
  run: string;
  judge: string;
  judgeName: string;
  purpose: string;
  round: number;
  stage: string;
  /** Battles of its arena. */
  size: number;
}

export async function loadBattle(pool: Pool, { arena, position }: BattleCursor): Promise<BattlePlace | null> {
  const { rows } = await pool.query<BattlePlace>(
    `select run, arena, position, prompt, player_a as "playerA", player_b as "playerB", outcome, margin, verdicts, problem, category,
            judge, judges.name as "judgeName", purpose, round, stage, size
       from battles join arenas on arenas.id = arena join judges on judges.id = judge join prompts on prompts.id = prompt
      where arena = $1 and position = $2`,
    [arena, position],
  );
  return rows[0] ?? null;
}

/** A run's arenas, the newest first, with the names of their judges. */
export interface ArenaRow {
  id: string;
  round: number;
  stage: string;
  attempt: number;
  purpose: string;
  judge: string;
  judgeName: string;
  size: number;
}

export async function arenasOfRun(pool: Pool, run: string): Promise<ArenaRow[]> {
  const { rows } = await pool.query<ArenaRow>(
    `select arenas.id, round, stage, attempt, purpose, judge, judges.name as "judgeName", size
       from arenas join judges on judges.id = judge where run = $1 order by created_at desc, arenas.id`,
    [run],
  );
  return rows;
}

/** The categories of the prompts of some arenas, with how many prompts each has. */
export async function categoryCounts(
  pool: Pool,
  arenas: readonly string[],
): Promise<{ category: string; prompts: number }[]> {
  const { rows } = await pool.query<{ category: string; prompts: number }>(
    `select category, count(*)::int as prompts from prompts
      where category is not null and id in (select prompt from battles where arena = any($1)) group by 1 order by 2 desc, 1`,
    [arenas],
  );
  return rows;
}

/** An answer under its player's id. */
export interface AnswerText {
  playerId: string;
  finishReason: string;
  completionTokens: number;
  text: string;
}

/** Answers of some players to a prompt, in the order of the players. */
export async function answersTo(pool: Pool, prompt: string, players: readonly string[]): Promise<AnswerText[]> {
  const { rows } = await pool.query<AnswerText>(
    `select player as "playerId", finish_reason as "finishReason", completion_tokens as "completionTokens", text
       from answers where prompt = $1 and sample = 0 and player = any($2) order by array_position($2, player)`,
    [prompt, players],
  );
  return rows;
}

/** What the judge wrote of a battle with one of its players shown first; null where that game is not stored. */
export async function judgeText(
  pool: Pool,
  { arena, position }: BattleCursor,
  shownFirst: 'a' | 'b',
): Promise<string | null> {
  const [first, second] = shownFirst === 'a' ? ['player_a', 'player_b'] : ['player_b', 'player_a'];
  const { rows } = await pool.query<{ text: string }>(
    `select games.text from battles join arenas on arenas.id = arena
       join games on games.judge = arenas.judge and games.prompt = battles.prompt and first = ${first} and second = ${second}
      where arena = $1 and position = $2`,
    [arena, position],
  );
  return rows[0]?.text ?? null;
}
