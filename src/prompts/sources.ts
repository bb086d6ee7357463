import type { Pool } from 'pg';
import { poolNameOf } from '../config/prompt-source';
import { UserError } from '../errors';
import { contentId } from '../identity';
import { poolPrompts } from '../store/prompt-pool';
import { filesOf } from './files';
import { promptId, type Prompt } from './prompt';
import { readPrompts } from './read';

/** What one source gave: its prompts' number and the hash of their ids in order, so that a run says what it was made of. */
export interface SourceReport {
  source: string;
  prompts: number;
  hash: string;
}

export interface SourcedPrompts {
  prompts: Prompt[];
  sources: SourceReport[];
}

/**
 * Prompts of sources (files, patterns of files, or pools as `pool:NAME`), in their order; the same text twice is one prompt.
 * @param db may be null where no source is a pool.
 * @param turns what a list of a user's turns without replies counts as: its first turn, as a run plays it, or all of them.
 * Errors (UserError): a pool that does not exist or has no prompt left, a pattern that matches nothing; see also `readPrompts`.
 */
export async function readSources(
  db: Pool | null,
  sources: readonly string[],
  turns: 'first' | 'all' = 'first',
): Promise<SourcedPrompts> {
  const found: Prompt[] = [];
  const seen = new Set<string>();
  const reports: SourceReport[] = [];
  for (const source of sources)
    for (const { name, prompts } of await partsOf(db, source, turns)) {
      for (const prompt of prompts) {
        if (seen.has(prompt.id)) continue;
        seen.add(prompt.id);
        found.push(prompt);
      }
      reports.push({ source: name, prompts: prompts.length, hash: contentId(prompts.map(({ id }) => id)) });
    }
  return { prompts: found, sources: reports };
}

/** A pool, or each file by itself, so that a report names it. */
async function partsOf(
  db: Pool | null,
  source: string,
  turns: 'first' | 'all',
): Promise<{ name: string; prompts: Prompt[] }[]> {
  const pool = poolNameOf(source);
  if (pool !== null && !db) throw new Error(`${source} without a database`);
  if (pool !== null && db) return [{ name: source, prompts: await readPool(db, pool, turns) }];
  const parts: { name: string; prompts: Prompt[] }[] = [];
  for (const file of await filesOf(source)) parts.push({ name: file, prompts: await readPrompts([file], turns) });
  return parts;
}

async function readPool(db: Pool, pool: string, turns: 'first' | 'all'): Promise<Prompt[]> {
  const prompts = await poolPrompts(db, pool);
  if (prompts.length === 0)
    throw new UserError(
      `pool:${pool} has no prompts in this database. Import some: npx flywheel prompts import FILE --pool ${pool}`,
    );
  return turns === 'first' ? prompts.map(firstTurnOf) : prompts;
}

/** A list of a user's turns without replies counts as its first turn, as in files: players answer one dialogue at once. */
function firstTurnOf(prompt: Prompt): Prompt {
  const [first, second] = prompt.messages;
  if (!first || second?.role !== 'user') return prompt;
  return { ...prompt, id: promptId([first]), messages: [first] };
}
