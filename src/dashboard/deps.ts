import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { Artifacts } from '../artifacts/artifacts';
import type { Heavy } from './heavy/heavy';
import type { SoonStore } from './soon';

/** What the routes read from and write to. */
export interface DashboardDeps {
  pool: Pool;
  temporal: {
    client: Client;
    /** Address of the workflows in the web UI; null where nobody told it. */
    ui: string | null;
  };
  /** Datasets, jobs and checkpoints. */
  artifacts: Artifacts;
  soon: SoonStore;
  /** Long computations, away from the thread that answers. */
  heavy: Heavy;
}
