import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { endLeftover } from '../embedded/child';
import { isAlive, thisProcess } from '../embedded/process';
import {
  noteOnLease,
  releaseLease,
  renewLease,
  takeLease,
  type Holder,
  type Lease,
  type OnLease,
} from '../store/group-leases';
import { isHeld } from '../training/folder';
import { runCommand } from './command';
import type { Need } from './need';

/** A worker's hold on one group, among all workers of a database. */
export interface GroupLease {
  isHeld(): boolean;
  /** Takes the lease unless it is held, and ends what its last holder left. False where another holds it. */
  hold(need: Need): Promise<boolean>;
  /** Notes what runs, before it is started. False where the lease was lost. */
  note(needs: readonly Need[]): Promise<boolean>;
  renew(): Promise<{ held: boolean; wanted: boolean }>;
  release(): Promise<void>;
}

/** Seconds without a renewal after which the lease is given up here, before anybody else may take it. */
const SURE_SECONDS = 20;

/** This process, as a holder of leases. */
export function thisHolder(id: string): Holder {
  const { pid, start } = thisProcess();
  return { id, host: hostname(), pid, processStart: start };
}

export function groupLease(pool: Pool, name: string, holder: Holder): GroupLease {
  /** When it was renewed last; null: it is not held. */
  let renewed: number | null = null;

  const isGone = ({ host, pid, processStart }: Lease) => host === holder.host && !isAlive({ pid, start: processStart });

  return {
    isHeld: () => renewed !== null,

    async hold({ onLease }) {
      if (renewed !== null) return true;
      // A trainer that outlived its worker still has the machine; its own job may join it.
      const mayFollow = async ({ running }: Lease) => {
        for (const { job } of running) if (job !== null && job !== onLease.job && (await isHeld(job))) return false;
        return true;
      };
      const began = Date.now();
      const left = await takeLease(pool, name, holder, isGone, mayFollow);
      if (left === null) return false;
      await Promise.all(left.map(endLeft));
      renewed = began;
      return true;
    },

    note: (needs) =>
      noteOnLease(
        ...([pool, name, holder.id] as const),
        needs.map(({ onLease }) => onLease),
      ),

    async renew() {
      const began = Date.now();
      try {
        const answer = await renewLease(pool, name, holder.id);
        renewed = answer.held ? began : null;
        return answer;
      } catch (error) {
        if (renewed !== null && Date.now() - renewed < SURE_SECONDS * 1000) throw error;
        // The database is away for so long that somebody else may hold the group soon.
        renewed = null;
        return { held: false, wanted: false };
      }
    },

    async release() {
      renewed = null;
      await releaseLease(pool, name, holder.id);
    },
  };
}

/** Ends what a holder left running when it died; a trainer ends by itself, or is joined. */
async function endLeft({ label, stop, passEnv, record }: OnLease): Promise<void> {
  if (stop !== null) await runCommand(stop, { what: `${label}: stop`, passEnv });
  if (record !== null) await endLeftover(label, record, { evenHeld: true });
}
