import type { Pool, PoolClient } from 'pg';
import type { Outcome, Verdict } from '../arena/outcome';
import { gamesOfBattles, loadGames } from '../store/games';
import { arenasOfRun, battlesOn, decidedBattles, rewriteOutcomes, type DecidedBattle } from '../store/rejudged';
import { battleResult } from './battle';
import { loadJudges, rereadGames, type ChangedGame, type StoredJudges } from './reread';

/** How often one reading became another; equal names: only the scores or the margin changed. */
export interface Changes<Name extends string> {
  from: Name;
  to: Name;
  count: number;
}

export interface Reparsed {
  /** Decided battles of the run. */
  battles: number;
  /** Games whose verdict or scores changed, by verdict. */
  games: Changes<Verdict>[];
  /** Battles whose outcome or margin changed, by outcome, those of other runs that rest on the same games too. */
  outcomes: Changes<Outcome>[];
  /** Battles that changed, by run. */
  runs: { run: string; battles: number }[];
}

/** Battles of one transaction: their games' texts are a few megabytes. */
const PAGE = 500;

/**
 * Reads all stored judge texts of a run's decided battles with the current parser, without a call, and writes games, outcomes and
 * margins where they changed, one transaction for each page of battles. Outcomes are derived anew from the stored games even where
 * no text reads differently, so that doing it twice changes nothing, and a broken one is finished by the next.
 * @param dryRun does the same in one transaction and takes it back: the counts are those of the real thing.
 * @throws UserError for a judge whose template is not known.
 */
export async function reparseRun(pool: Pool, run: string, { dryRun = false } = {}): Promise<Reparsed> {
  const client = await pool.connect();
  const tally = createTally();
  try {
    if (dryRun) await client.query('begin');
    const judges = await loadJudges(client);
    for (const { id, judge, size } of await arenasOfRun(client, run))
      for (let from = 0; from < size; from += PAGE) {
        if (!dryRun) await client.query('begin');
        const battles = await decidedBattles(client, id, from, from + PAGE);
        const games = await rereadAll(client, judges, judge, battles);
        const touched = await battlesOfChanged(client, games);
        const outcomes = await settle(client, [...battles, ...touched]);
        if (!dryRun) await client.query('commit');
        tally.add(battles.length, games, outcomes);
      }
    if (dryRun) await client.query('rollback');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
  return tally.result();
}

/** Reads the games of some battles of one judge, and derives those of all juries that it sits on. */
async function rereadAll(
  client: PoolClient,
  judges: StoredJudges,
  judge: string,
  battles: readonly DecidedBattle[],
): Promise<ChangedGame[]> {
  const changed = await rereadGames(client, judges, judge, gamesOfBattles(battles));
  const places = changed.map(({ after }) => after);
  const juries = new Set(changed.flatMap((game) => judges.juriesOf(game.judge)));
  for (const jury of juries) if (jury !== judge) changed.push(...(await rereadGames(client, judges, jury, places)));
  return changed;
}

async function battlesOfChanged(client: PoolClient, changed: readonly ChangedGame[]): Promise<DecidedBattle[]> {
  const battles: DecidedBattle[] = [];
  for (const [judge, games] of groupBy(changed, (game) => game.judge))
    battles.push(
      ...(await battlesOn(
        client,
        judge,
        games.map(({ after }) => after),
      )),
    );
  return battles;
}

interface ChangedBattle {
  before: DecidedBattle;
  after: DecidedBattle;
}

/** Derives outcomes and margins from the stored games, and writes those that differ. */
async function settle(client: PoolClient, battles: readonly DecidedBattle[]): Promise<ChangedBattle[]> {
  const once = new Map(battles.map((battle) => [`${battle.arena}#${battle.position}`, battle]));
  const changed: ChangedBattle[] = [];
  for (const [judge, own] of groupBy([...once.values()], (battle) => battle.judge)) {
    const games = await loadGames(client, judge, gamesOfBattles(own));
    for (const before of own) {
      const result = battleResult(before, games);
      if (!result) continue;
      const after = { ...before, ...result };
      const isSame =
        after.outcome === before.outcome &&
        after.verdicts === before.verdicts &&
        rounded(after.margin) === rounded(before.margin);
      if (!isSame) changed.push({ before, after });
    }
  }
  if (changed.length > 0)
    await rewriteOutcomes(
      client,
      changed.map(({ after }) => after),
    );
  return changed;
}

/** Postgres keeps margins in single precision. */
const rounded = (margin: number | null) => margin && Math.fround(margin);

function createTally() {
  let battles = 0;
  const games = new Map<string, Changes<Verdict>>();
  const outcomes = new Map<string, Changes<Outcome>>();
  const runs = new Map<string, number>();
  return {
    add(read: number, changedGames: readonly ChangedGame[], changedBattles: readonly ChangedBattle[]): void {
      battles += read;
      for (const { before, after } of changedGames) count(games, before.verdict, after.verdict);
      for (const { before, after } of changedBattles) {
        count(outcomes, before.outcome, after.outcome);
        runs.set(before.run, (runs.get(before.run) ?? 0) + 1);
      }
    },
    result: (): Reparsed => ({
      battles,
      games: [...games.values()],
      outcomes: [...outcomes.values()],
      runs: [...runs].map(([run, changed]) => ({ run, battles: changed })),
    }),
  };
}

function count<Name extends string>(changes: Map<string, Changes<Name>>, from: Name, to: Name): void {
  const key = `${from} ${to}`;
  const change = changes.get(key) ?? { from, to, count: 0 };
  changes.set(key, { ...change, count: change.count + 1 });
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
