import type { Pool } from 'pg';
import { UserError } from '../../errors';
import { contentId, seedFrom } from '../../identity';
import { addToPool, finishPoolFile, keptPages, openPoolFile, poolFiles, poolPromptsOf } from '../../store/prompt-pool';
import { clusterPrompts } from '../cluster/cluster-prompts';
import type { Embedder } from '../embed/embedder';
import { emptyPool } from '../empty-pool';
import type { Prompt } from '../prompt';
import { askAbout, type PromptJudge } from '../questions/ask';
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
    onProgress,
    onRated,
  }: {
    pool: string;
    into: string;
    settings: TestSetSettings;
    embedder: Embedder;
    /** Who says how difficult a prompt is (DIFFICULTY). */
    rater: PromptJudge<number> | null;
    /** Told how many prompts have found their cluster. */
    onProgress?: (prompts: number) => void;
    onRated?: (done: number, of: number) => void;
  },
): Promise<TestSetReport> {
  const { kind, clusters: k, perCluster, candidates, top, seed } = settings;
  const pages = await keptPages(db, pool);
  if (pages.rows === 0) throw emptyPool(pool);
  const { clusters } = await clusterPrompts(pages, { embedder, k, seed: seedFrom(seed, 'clusters'), onProgress });
  const diverse = kind === 'hard' ? [] : fromEachCluster(clusters, perCluster, seedFrom(seed, 'diverse'));
  let ratings = new Map<string, number | null>();
  if (kind !== 'diverse') {
    if (!rater) throw new UserError('Difficult prompts need a judge that rates them: --judge URL --judge-model NAME.');
    const chosen = fromEachCluster(clusters, candidates, seedFrom(seed, 'candidates'));
    ratings = await askAbout(db, await poolPromptsOf(db, pool, chosen), rater, (done) =>
      onRated?.(done, chosen.length),
    );
  }
  const hard = mostDifficult(ratings, top, seedFrom(seed, 'hard'));
  const ids = [...new Set([...diverse, ...hard])];
  const hash = contentId({ ids, settings, embedder: embedder.name, rater: rater?.name ?? null });
  const prompts = new Map((await poolPromptsOf(db, pool, ids)).map((prompt) => [prompt.id, prompt]));
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
