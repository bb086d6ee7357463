import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import type { TrainingRow } from '../../selection/rows';
import { datasetsOf } from '../../store/artifacts';

/** A training row that a battle made, or helped to make. */
export interface MadeRow {
  dataset: string;
  kind: string;
  /** From 1. */
  row: number;
  gap: number | null;
}

/** Looks through the datasets of a run for the rows of a battle (`arena#position`). A file that is not here holds none. */
export async function rowsOfBattle(pool: Pool, run: string, battle: string): Promise<MadeRow[]> {
  const needle = JSON.stringify(battle);
  const found: MadeRow[] = [];
  for (const { id, kind, path } of await datasetsOf(pool, run)) {
    let row = 0;
    try {
      for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
        row += 1;
        if (!line.includes(needle)) continue;
        const { meta } = JSON.parse(line) as TrainingRow;
        if (meta.battles.includes(battle)) found.push({ dataset: id, kind, row, gap: meta.gap ?? null });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}
