import { Pool } from 'pg';
import { UserError, messageOf } from '../errors';
import { UNWATCHED, type Watch } from '../observe/watch';
import { saveAnswers, type Answer } from './answers';
import { saveGames, type Game, type GameScores } from './games';
import { GroupCommit } from './group-commit';
import { saveLedger, type LedgerRow } from './ledger';
import { migrate } from './migrate';
import { Purses } from './purse';

/** The database with the three streams of rows that arrive while battles are played. */
export interface Store {
  pool: Pool;
  answers: GroupCommit<Answer, Answer>;
  games: GroupCommit<Game, GameScores>;
  ledger: GroupCommit<LedgerRow>;
  /** What runs may still spend; each flush of the ledger tells it. */
  purses: Purses;
  /** Told of what was stored. */
  watch: Watch;
  close(): Promise<void>;
}

/**
 * Connects to Postgres and brings the schema up to date.
 * @param watched makes who is told of each row that is stored.
 */
export async function openStore(url: string, watched?: (pool: Pool) => Watch): Promise<Store> {
  const pool = new Pool({ connectionString: url, max: 8, application_name: 'arena-flywheel' });
  // An idle connection that breaks (server restarted) is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw new UserError(
      `Postgres at ${withoutPassword(url)} did not accept us: ${messageOf(error)}. Start it, or give its address in FLYWHEEL_DATABASE_URL.`,
    );
  }
  const purses = new Purses();
  const watch = watched?.(pool) ?? UNWATCHED;
  return {
    pool,
    purses,
    watch,
    answers: new GroupCommit((rows: Answer[]) => saveAnswers(pool, rows)),
    games: new GroupCommit(async (rows: Game[]) => {
      const stored = await saveGames(pool, rows);
      watch.games(rows);
      return stored;
    }),
    ledger: new GroupCommit(async (rows: LedgerRow[]) => {
      const stored = await saveLedger(pool, purses, rows);
      watch.attempts(rows);
      return stored;
    }),
    close: () => pool.end(),
  };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1@');
}
