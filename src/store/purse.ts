import type { Pool } from 'pg';
import type { LedgerRow } from './ledger';

const marker = Symbol.for('arena-flywheel.budget-reached');

/** A call that the run's cap does not allow. */
export class BudgetReached extends Error {
  readonly [marker] = true;
  override readonly name = 'BudgetReached';

  constructor(
    readonly usd: number,
    capUsd: number,
  ) {
    super(
      `$${usd.toFixed(2)} of $${capUsd.toFixed(2)} are spent. Send setBudget {"usd": ${Math.ceil(usd * 2)}} to go on.`,
    );
  }

  static isInstance(error: unknown): error is BudgetReached {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/** A run's spend over all workers, and its cap; null: none. */
export interface Account {
  run: string;
  usd: number;
  capUsd: number | null;
}

/**
 * What a run has spent, as this process knows it: the database's sum as of its last flush, and its own attempts since then. Other
 * workers' spending is known one flush late.
 */
export interface Purse {
  /** Asked before each call. @throws BudgetReached at the cap. */
  admit(): void;
  /** An attempt that is on its way into the ledger. */
  owe(usd: number): void;
}

/** The purses of all runs that this process spends for. */
export class Purses {
  private readonly accounts = new Map<string, { usd: number; owed: number; capUsd: number | null }>();

  /** A run's purse, with what the database says now. */
  async open(pool: Pool, run: string): Promise<Purse> {
    for (const account of await accountsOf(pool, [run])) this.settle(account, 0);
    const account = this.of(run);
    return {
      admit() {
        const usd = account.usd + account.owed;
        if (account.capUsd !== null && usd >= account.capUsd) throw new BudgetReached(usd, account.capUsd);
      },
      owe: (usd) => void (account.owed += usd),
    };
  }

  /** Takes over what the database says after a flush of the ledger. */
  flushed(rows: readonly LedgerRow[], accounts: readonly Account[]): void {
    const paid = new Map<string, number>();
    for (const { run, usd } of rows) paid.set(run, (paid.get(run) ?? 0) + usd);
    for (const account of accounts) this.settle(account, paid.get(account.run) ?? 0);
  }

  private settle({ run, usd, capUsd }: Account, paid: number): void {
    const account = this.of(run);
    account.owed = Math.max(0, account.owed - paid);
    account.usd = usd;
    account.capUsd = capUsd;
  }

  private of(run: string) {
    const account = this.accounts.get(run) ?? { usd: 0, owed: 0, capUsd: null };
    this.accounts.set(run, account);
    return account;
  }
}

export async function accountsOf(pool: Pool, runs: readonly string[]): Promise<Account[]> {
  const { rows } = await pool.query<Account>({
    name: 'accounts',
    text: 'select run, usd, cap_usd as "capUsd" from spends where run = any($1)',
    values: [runs],
  });
  return rows;
}
