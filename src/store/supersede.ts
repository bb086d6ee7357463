import type { Place } from '../../workflows/types';
import { supersedeCheckpoints } from './artifacts';
import type { Db } from './bulk';

/** What a run's finished steps name: checkpoints by id, and the places of the steps. */
export interface Kept {
  checkpoints: readonly string[];
  places: readonly Place[];
}

/** What belongs to a place of a run. A reward model's dataset has the place of the stage that it serves. */
const TABLES = ['arenas', 'datasets', 'gates', 'leaderboards'] as const;

/**
 * Marks what a rollback abandoned: checkpoints, arenas, datasets, gates and leaderboards of a run that its finished steps do not name. All
 * of it stays and can be read. Called before anything of the next attempt is there.
 */
export async function supersede(db: Db, run: string, { checkpoints, places }: Kept): Promise<void> {
  await supersedeCheckpoints(db, run, checkpoints);
  const columns = [places.map(({ round }) => round), places.map(({ stage }) => stage), places.map((p) => p.attempt)];
  for (const table of TABLES)
    await db.query(
      `update ${table} set superseded = true
        where run = $1 and not superseded
          and (round, stage, attempt) not in (select * from unnest($2::int[], $3::text[], $4::int[]))`,
      [run, ...columns],
    );
}
