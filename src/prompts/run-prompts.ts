import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { pickedFrom } from './pages';
import type { Prompt } from './prompt';
import { readPrompts } from './read';
import { readSources, readWholeSources, type SourcedPages, type SourcedPrompts } from './sources';
import { createDeck, splitPrompts, type Split } from './split';

/** All prompts that a configuration names: the pool's by their ids, its texts in pages; test sets and D0 are held. */
export interface RunPrompts {
  pool: SourcedPages;
  /** Its own test set; null: drawn from the pool. */
  testSet: SourcedPrompts | null;
  /** Those of D0 (start.sft). */
  d0: Prompt[];
}

/**
 * Reads the prompts that a configuration names.
 * @param db may be null where none of its sources is a pool.
 * Errors (UserError): see `readSources` and `readPrompts`.
 */
export async function readRunPrompts(
  db: Pool | null,
  { prompts, evaluation, start }: Pick<Config, 'prompts' | 'evaluation' | 'start'>,
): Promise<RunPrompts> {
  return {
    pool: await readSources(db, prompts.source),
    testSet: evaluation.testSet && (await readWholeSources(db, evaluation.testSet)),
    d0: start.sft === null ? [] : await readPrompts([start.sft]),
  };
}

/**
 * The prompts dealt at random, for a look ahead: groups of prompts decide which one is where, not how many are, and would
 * need an embedding; so would decontamination, which the run does, and which leaves some more out.
 * Errors (UserError): see `createDeck` and `splitPrompts`.
 */
export function dealtAtRandom(config: Config, { pool, testSet, d0 }: RunPrompts): Split['parts'] {
  return splitPrompts(config, createDeck(config, { pool: pool.ids, testSet: testSet?.prompts ?? null, d0 })).parts;
}

/** Prompts of parts by id, with their texts: those of the pool in its order, then those of the run's own test set. */
export async function promptsWith({ pool, testSet }: RunPrompts, ids: readonly string[]): Promise<Map<string, Prompt>> {
  const wanted = new Set(ids);
  const tests = (testSet?.prompts ?? []).filter(({ id }) => wanted.delete(id));
  const found = new Map<string, Prompt>(await pickedFrom(pool, wanted));
  for (const prompt of tests) found.set(prompt.id, prompt);
  return found;
}
