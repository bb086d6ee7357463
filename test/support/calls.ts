import type { Pool } from 'pg';
import type { Sandbox } from '../../src/sandbox/server';

export const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/**
 * Calls that the sandbox had answered before, less those that a cancel cut off: their answers were on their way, were lost with
 * the connection, and had to be asked for again. Zero or less: nothing that had arrived was bought twice.
 */
export async function boughtTwice(sandbox: Sandbox, pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ cut: number }>(
    "select count(*)::int as cut from ledger where error = 'cancelled'",
  );
  return total(sandbox.stats().repeated) - (rows[0]?.cut ?? 0);
}
