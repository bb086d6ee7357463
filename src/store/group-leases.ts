import type { Pool } from 'pg';
import { inTransaction } from './transaction';

/** The process that holds a group. */
export interface Holder {
  id: string;
  host: string;
  pid: number;
  /** When the process started, by which it is told from a later one of the same number. */
  processStart: string;
}

/** What runs on a lease's units, as whoever comes next must know it. */
export interface OnLease {
  label: string;
  /** Ends it, where it is not a process under its holder. */
  stop: string[] | null;
  passEnv: string[];
  /** The file that names its process, on the holder's host. */
  record: string | null;
  /** A training job's folder: its trainer outlives its holder. */
  job: string | null;
}

export interface Lease extends Holder {
  running: OnLease[];
}

/** A holder that is silent for so long has lost its lease. Longer than its processes need to end after its death. */
const LEASE_SECONDS = 30;
const UNTIL = `now() + interval '${LEASE_SECONDS} seconds'`;
/** Who waits asks more often than so. */
const WANTED = `wanted > now() - interval '10 seconds'`;

const columns = `holder as id, host, pid, process_start as "processStart", running`;

/**
 * Takes a group's lease, where it is free, or its holder's time is over, or `isGone` knows better, and `mayFollow` allows it. Returns what
 * the holder before has left running; null where the lease is another's. Then it stands there that somebody waits.
 */
export async function takeLease(
  pool: Pool,
  name: string,
  { id, host, pid, processStart }: Holder,
  isGone: (lease: Lease) => boolean,
  mayFollow: (lease: Lease) => Promise<boolean>,
): Promise<OnLease[] | null> {
  const values = [name, id, host, pid, processStart];
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `insert into group_leases (name, holder, host, pid, process_start, until) values ($1, $2, $3, $4, $5, ${UNTIL}) on conflict do nothing`,
      values,
    );
    if (rowCount === 1) return [];
    const { rows } = await db.query<Lease & { over: boolean }>(
      `select ${columns}, until < now() as over from group_leases where name = $1 for update`,
      [name],
    );
    const lease = rows[0];
    // Released in this moment: the next try finds it free.
    if (!lease) return null;
    if (lease.id === id) return lease.running;
    if ((lease.over || isGone(lease)) && (await mayFollow(lease))) {
      await db.query(
        `update group_leases set holder = $2, host = $3, pid = $4, process_start = $5, until = ${UNTIL}, wanted = null where name = $1`,
        values,
      );
      return lease.running;
    }
    await db.query('update group_leases set wanted = now() where name = $1', [name]);
    return null;
  });
}

/** Renews a lease. `held` is false where it has gone to another; `wanted` says that somebody waits for it. */
export async function renewLease(
  pool: Pool,
  name: string,
  holder: string,
): Promise<{ held: boolean; wanted: boolean }> {
  const { rows } = await pool.query<{ wanted: boolean | null }>(
    `update group_leases set until = ${UNTIL} where name = $1 and holder = $2 returning ${WANTED} as wanted`,
    [name, holder],
  );
  return { held: rows.length > 0, wanted: rows[0]?.wanted === true };
}

/** Notes what runs on a lease, before it is started. False where the lease has gone to another. */
export async function noteOnLease(pool: Pool, name: string, holder: string, running: OnLease[]): Promise<boolean> {
  const { rowCount } = await pool.query('update group_leases set running = $3 where name = $1 and holder = $2', [
    ...[name, holder],
    JSON.stringify(running),
  ]);
  return rowCount === 1;
}

export async function releaseLease(pool: Pool, name: string, holder: string): Promise<void> {
  await pool.query('delete from group_leases where name = $1 and holder = $2', [name, holder]);
}
