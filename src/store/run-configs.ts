import type { Pool } from 'pg';
import type { Db } from './bulk';

/** A version of a run's configuration, as it was from then on. */
export interface ConfigVersion {
  version: number;
  config: unknown;
  /** The settings that a rollback changed; null where the configuration was given whole. */
  change: Record<string, unknown> | null;
}

/** All versions of a run's configuration, the first one first. */
export async function configVersions(pool: Pool, run: string): Promise<ConfigVersion[]> {
  const { rows } = await pool.query<ConfigVersion>(
    'select version, config, change from run_configs where run = $1 order by version',
    [run],
  );
  return rows;
}

/** Keeps a version; one that stands is left as it is. */
export async function saveConfigVersion(
  db: Db,
  run: string,
  { version, config, change }: ConfigVersion,
): Promise<void> {
  await db.query(
    'insert into run_configs (run, version, config, change) values ($1, $2, $3, $4) on conflict do nothing',
    [run, version, JSON.stringify(config), change === null ? null : JSON.stringify(change)],
  );
}
