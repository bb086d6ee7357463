import type { Pool } from 'pg';
import type { Holder } from '../store/group-leases';
import { createGroup, type Group } from './group';
import { groupLease } from './lease';
import type { Need } from './need';

/** The resource groups of a worker. What needs none (null) is used as it is. */
export interface Groups {
  using<T>(need: Need | null, body: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** To be said where something that should run did not answer. */
  doubt(need: Need | null): Promise<void>;
  /** What somebody waits for now, for those who look on. */
  waiting(): string[];
  close(): Promise<void>;
}

const IDLE_MS = 60_000;

export function createGroups({
  pool,
  holder,
  idleMs = IDLE_MS,
}: {
  pool: Pool;
  holder: Holder;
  idleMs?: number;
}): Groups {
  const groups = new Map<string, Group>();
  const groupOf = (name: string): Group => {
    const known = groups.get(name);
    if (known) return known;
    const group = createGroup({ lease: groupLease(pool, name, holder), idleMs });
    groups.set(name, group);
    return group;
  };
  return {
    using: (need, body, signal) => (need === null ? body() : groupOf(need.group).using(need, body, signal)),
    doubt: (need) => (need === null ? Promise.resolve() : groupOf(need.group).doubt(need.id)),
    waiting: () => [...groups.values()].flatMap((group) => group.waiting()),
    async close() {
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}
