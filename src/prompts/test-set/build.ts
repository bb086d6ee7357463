import type { Pool } from 'pg';
import { UserError } from '../../errors';
import { contentId, seedFrom } from '../../identity';
import { loadDifficulties, saveDifficulty, type Difficulty } from '../../store/difficulties';
import { addToPool, finishPoolFile, openPoolFile, poolFiles, poolPrompts } from '../../store/prompt-pool';
import { clusterPrompts } from '../cluster/cluster-prompts';
import type { Embedder } from '../embed/embedder';
import type { Prompt } from '../prompt';
import { fromEachCluster, mostDifficult } from './choose';

export interface TestSetSettings {
  kind: 'diverse' | 'hard' | 'mix';
  /** Groups of prompts. */
  clusters: number;
  /** Prompts of each for Offline-Diverse. */
  perCluster: number;
  /** Prompts of each that the judge rates for Offline-Hard. */
  candidates: number;
  /** The most difficult of these. */
  top: number;
  seed: number;
}

/** The paper's: 500 clusters, 2 of each; 20 of each rated, the 1,000 most difficult (Arena Learning, section on WizardArena). */
export const TEST_SET_DEFAULTS: TestSetSettings = {
  ...{ kind: 'mix', clusters: 500, perCluster: 2, candidates: 20, top: 1000, seed: 0 },
};

/** Who rates difficulty; its name stands for the model and the words that ask it. */
export interface Rater {
  name: string;
  rate(prompt: Prompt): Promise<Difficulty>;
}

export interface TestSetReport {
  pool: string;
  /** Of the ids in order and the settings: the same hash is the same test set. */
  hash: string;
  prompts: number;
  diverse: number;
  hard: number;
  /** Prompts that were to be rated, and those whose rating could not be read: these are never hard. */
  rated: number;
  invalid: number;
}

/** Ratings asked for at once; the endpoint's client has its own limit. */
const AT_ONCE = 64;

/**
 * Makes a test set of a pool's prompts and freezes it as a pool of its own. Each rating is stored as it arrives, so that a call that was
 * killed goes on where it was; the same call again gives the same test set.
 * Errors (UserError): the pool has no prompts; more clusters than prompts; `into` holds something else; no rater for hard ones.
 */
export async function buildTestSet(
  db: Pool,
  {
    pool,
    into,
    settings,
    embedder,
    rater,
    onRated,
  }: {
    pool: string;
    into: string;
    settings: TestSetSettings;
    embedder: Embedder;
    rater: Rater | null;
    onRated?: (done: number, of: number) => void;
  },
): Promise<TestSetReport> {
  const { kind, clusters: k, perCluster, candidates, top, seed } = settings;
  const prompts = new Map((await poolPrompts(db, pool)).map((prompt) => [prompt.id, prompt]));
  if (prompts.size === 0)
    throw new UserError(
      `The pool ${pool} has no prompts. Import some: npx flywheel prompts import FILE --pool ${pool}`,
    );
  const { clusters } = await clusterPrompts([...prompts.values()], { embedder, k, seed: seedFrom(seed, 'clusters') });
  const diverse = kind === 'hard' ? [] : fromEachCluster(clusters, perCluster, seedFrom(seed, 'diverse'));
  let ratings = new Map<string, number | null>();
  if (kind !== 'diverse') {
    if (!rater) throw new UserError('Difficult prompts need a judge that rates them: --judge URL --judge-model NAME.');
    const chosen = fromEachCluster(clusters, candidates, seedFrom(seed, 'candidates'));
    ratings = await rate(
      db,
      chosen.map((id) => prompts.get(id)!),
      rater,
      onRated,
    );
  }
  const hard = mostDifficult(ratings, top, seedFrom(seed, 'hard'));
  const ids = [...new Set([...diverse, ...hard])];
  const hash = contentId({ ids, settings, embedder: embedder.name, rater: rater?.name ?? null });
  await freeze(
    db,
    { pool: into, name: `${kind} test set of ${pool}`, hash },
    ids.map((id) => prompts.get(id)!),
  );
  return {
    ...{ pool: into, hash, prompts: ids.length, diverse: diverse.length, hard: hard.length },
    ...{ rated: ratings.size, invalid: [...ratings.values()].filter((rating) => rating === null).length },
  };
}

async function rate(
  db: Pool,
  prompts: readonly Prompt[],
  rater: Rater,
  onRated?: (done: number, of: number) => void,
): Promise<Map<string, number | null>> {
  const ids = prompts.map(({ id }) => id);
  const ratings = await loadDifficulties(db, rater.name, ids);
  const left = prompts.filter(({ id }) => !ratings.has(id));
  const work = left[Symbol.iterator]();
  const rateOn = async () => {
    for (const prompt of work) {
      const answer = await rater.rate(prompt);
      await saveDifficulty(db, rater.name, answer);
      ratings.set(prompt.id, answer.difficulty);
      onRated?.(ratings.size, prompts.length);
    }
  };
  // All are waited for, so that no paid answer is thrown away when another call fails.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, rateOn));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return new Map(ids.map((id) => [id, ratings.get(id) ?? null]));
}

async function freeze(
  db: Pool,
  { pool, name, hash }: { pool: string; name: string; hash: string },
  prompts: readonly Prompt[],
): Promise<void> {
  const others = (await poolFiles(db, pool)).filter(({ sha256 }) => sha256 !== hash);
  if (others.length > 0)
    throw new UserError(
      `The pool ${pool} holds ${others.map((file) => file.name).join(', ')} already; give the test set another name: --into NAME.`,
    );
  const file = await openPoolFile(db, pool, { sha256: hash, name });
  if (file.finished) return;
  const rows = prompts.map((prompt, index) => ({ ...prompt, line: index + 1, licence: null }));
  const place = { number: file.number, sha256: hash, from: file.rowsRead, rowsRead: rows.length };
  await addToPool(db, pool, place, rows, (added) => ({ ...file.counts, rows: rows.length, added }));
  await finishPoolFile(db, pool, hash);
}
