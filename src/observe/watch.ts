import type { Arena, PlayedBattle } from '../store/arenas';
import type { Game } from '../store/games';
import type { LedgerRow } from '../store/ledger';

/** What a worker tells of its work, each after the rows are stored; nothing waits for it. */
export interface Watch {
  attempts(rows: readonly LedgerRow[]): unknown;
  games(rows: readonly Game[]): unknown;
  battles(arena: Arena, played: readonly PlayedBattle[]): unknown;
}

/** Nobody watches. */
export const UNWATCHED: Watch = { attempts: () => undefined, games: () => undefined, battles: () => undefined };
