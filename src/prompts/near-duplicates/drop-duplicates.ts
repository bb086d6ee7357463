import type { Pool } from 'pg';
import {
  clearDropped,
  duplicatePairs,
  markDuplicates,
  NEAR_DUPLICATE,
  poolPages,
  withPool,
  type DuplicateMark,
  type DuplicatePair,
} from '../../store/prompt-pool';
import { emptyPool } from '../empty-pool';
import { userText } from '../prompt';
import { createNearDuplicates } from './near-duplicates';
import type { NearDuplicateSettings } from './settings';

export interface DuplicateReport {
  rows: number;
  kept: number;
  dropped: number;
  /** The least similar pairs: those that a person would doubt. */
  doubtful: DuplicatePair[];
}

const DOUBTFUL = 10;

/**
 * Drops the near-duplicates of a pool: of what cleaning left, in the pool's order, a prompt goes if the user's turns in it are a near-duplicate
 * of an earlier kept one's. Marks of an earlier call give way. One transaction: killed, nothing has changed.
 * Errors (UserError): the pool has no prompts; see also `createNearDuplicates`.
 */
export async function dropDuplicates(
  db: Pool,
  pool: string,
  settings: NearDuplicateSettings,
  { onProgress }: { onProgress?: (rows: number) => void } = {},
): Promise<DuplicateReport> {
  const duplicates = createNearDuplicates(settings);
  return withPool(db, pool, async (client) => {
    await clearDropped(client, pool, NEAR_DUPLICATE);
    const members: string[] = [];
    let dropped = 0;
    for await (const page of poolPages(client, pool, 'kept')) {
      const marks: DuplicateMark[] = [];
      for (const prompt of page) {
        const number = members.push(prompt.member) - 1;
        const { keeper, similarity } = duplicates.add(userText(prompt));
        if (keeper !== number) marks.push({ member: prompt.member, keeper: members[keeper]!, similarity });
      }
      await markDuplicates(client, pool, marks);
      dropped += marks.length;
      onProgress?.(members.length);
    }
    if (members.length === 0) throw emptyPool(pool);
    const doubtful = await duplicatePairs(client, pool, DOUBTFUL);
    return { rows: members.length, kept: members.length - dropped, dropped, doubtful };
  });
}
