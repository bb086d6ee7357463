import type { Pool } from 'pg';
import type { Game } from '../../store/games';
import type { LedgerRow } from '../../store/ledger';
import type { Watch } from '../watch';
import type { Meters } from './meters';

/** What a party is called in labels. */
interface Named {
  role: 'player' | 'judge' | 'target' | 'unknown';
  name: string;
}

/**
 * Counts what was stored: nothing is added to the path of a call, and what is counted was paid for. Names of players and judges are
 * asked for once each.
 */
export function countStored(meters: Meters, pool: Pool): Watch {
  const { run: runLabel, party: partyLabel } = meters.labels;
  const names = new Map<string, Promise<Named>>();
  const nameOf = (party: string): Promise<Named> => {
    const known = names.get(party) ?? ask(pool, party);
    names.set(party, known);
    // A database that is away for a moment does not make it unknown for ever.
    known.catch(() => names.delete(party));
    return known.catch((): Named => ({ role: 'unknown', name: 'unknown' }));
  };

  return {
    attempts: (rows) => harmless(countAttempts(rows)),
    games: (rows) => harmless(countGames(rows)),
    battles({ run, purpose }, played) {
      for (const { outcome } of played) meters.battles.inc({ run: runLabel(run), purpose, outcome });
    },
  };

  async function countAttempts(rows: readonly LedgerRow[]): Promise<void> {
    const parties = [...new Set(rows.map(({ party }) => party))];
    const named = new Map(await Promise.all(parties.map(async (party) => [party, await nameOf(party)] as const)));
    for (const {
      run,
      purpose,
      party,
      promptTokens,
      completionTokens,
      cachedTokens = 0,
      usd,
      milliseconds,
      error,
    } of rows) {
      const { role, name } = named.get(party)!;
      const who = { role, party: partyLabel(name) };
      const asked = { run: runLabel(run), purpose, ...who };
      meters.calls.inc({ ...asked, outcome: error ?? 'ok' });
      meters.tokens.inc({ ...asked, kind: 'input' }, counted(promptTokens));
      meters.tokens.inc({ ...asked, kind: 'output' }, counted(completionTokens));
      if (cachedTokens > 0) meters.tokens.inc({ ...asked, kind: 'cached' }, cachedTokens);
      meters.cost.inc(asked, counted(usd));
      meters.callSeconds.observe(who, counted(milliseconds) / 1000);
    }
  }

  async function countGames(rows: readonly Game[]): Promise<void> {
    for (const { judge, verdict } of rows) meters.games.inc({ judge: partyLabel((await nameOf(judge)).name), verdict });
  }
}

/** What is no number counts as nothing: a counter that once was NaN stays so. */
const counted = (value: number): number => (value >= 0 && value < Infinity ? value : 0);

/** Nobody waits for what is counted, and it must not end the worker. */
const harmless = (work: Promise<void>): Promise<void> => work.catch(() => undefined);

/** All checkpoints are the target: each stage makes another one, and a label for each would grow without end. */
async function ask(pool: Pool, party: string): Promise<Named> {
  const { rows } = await pool.query<Named>(
    `select 'judge' as role, name from judges where id = $1
     union all
     select case when identity ->> 'model' = 'checkpoint' then 'target' else 'player' end,
            case when identity ->> 'model' = 'checkpoint' then 'target' else name end from players where id = $1
     union all
     select 'target', 'target' from checkpoints where id = $1
     limit 1`,
    [party],
  );
  return rows[0] ?? { role: 'unknown', name: 'unknown' };
}
