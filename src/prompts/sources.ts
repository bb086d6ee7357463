import type { Pool } from 'pg';
import { poolNameOf } from '../config/prompt-source';
import { UserError } from '../errors';
import { contentId } from '../identity';
import { poolPrompts } from '../store/prompt-pool';
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
 * Prompts of a run's sources, files or pools (`pool:NAME`), in their order; the same text twice is one prompt.
 * Errors (UserError): a pool that does not exist or has no prompt left; see also `readPrompts`.
 */
export async function readSources(db: Pool, sources: readonly string[]): Promise<SourcedPrompts> {
  const found = new Map<string, Prompt>();
  const reports: SourceReport[] = [];
  for (const source of sources) {
    const pool = poolNameOf(source);
    const prompts = pool === null ? await readPrompts([source]) : await readPool(db, pool);
    for (const prompt of prompts) if (!found.has(prompt.id)) found.set(prompt.id, prompt);
    reports.push({ source, prompts: prompts.length, hash: contentId(prompts.map(({ id }) => id)) });
  }
  return { prompts: [...found.values()], sources: reports };
}

async function readPool(db: Pool, pool: string): Promise<Prompt[]> {
  const prompts = await poolPrompts(db, pool);
  if (prompts.length === 0)
    throw new UserError(
      `pool:${pool} has no prompts in this database. Import some: npx flywheel prompts import FILE --pool ${pool}`,
    );
  return prompts.map(firstTurnOf);
}

/** A list of a user's turns without replies counts as its first turn, as in files: players answer one dialogue at once. */
function firstTurnOf(prompt: Prompt): Prompt {
  const [first, second] = prompt.messages;
  if (!first || second?.role !== 'user') return prompt;
  return { ...prompt, id: promptId([first]), messages: [first] };
}
