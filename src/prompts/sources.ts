import type { Pool, PoolClient } from 'pg';
import { poolNameOf } from '../config/prompt-source';
import { UserError } from '../errors';
import { contentIdOf, listJson } from '../identity';
import { shellWord } from '../shell-word';
import { poolPages } from '../store/prompt-pool';
import { inSnapshot } from '../store/transaction';
import { filesOf } from './files';
import { allOf, type PromptPages } from './pages';
import { promptId, type Prompt } from './prompt';
import { filePages, noPromptIn, type Turns } from './read';

/** What one source gave: its prompts' number and the hash of their ids in order, so that a run says what it was made of. */
export interface SourceReport {
  source: string;
  prompts: number;
  hash: string;
}

/** A prompt as its source has it. */
export interface SourcePrompt extends Prompt {
  /** The id by which the database has its text already: another than `id` where only its first turn counts; null: a file's. */
  storedAs: string | null;
}

/** Prompts of sources, of which only the ids are held. */
export interface SourcedPages extends PromptPages<SourcePrompt> {
  /** In their order; `pages` gives the prompts of exactly these, in this order. */
  ids: readonly string[];
  sources: SourceReport[];
  /** Reads the sources again. @throws UserError where one of them has changed and has not all of these prompts any more. */
  pages: () => AsyncIterable<readonly SourcePrompt[]>;
}

/** Prompts of sources that are held with their texts. */
export interface SourcedPrompts {
  prompts: SourcePrompt[];
  sources: SourceReport[];
}

/**
 * Prompts of sources (files, patterns of files, or pools as `pool:NAME`), in their order; the same text twice is one prompt.
 * Each source is read through once, and again for each walk over the pages: a pool of a million prompts is never held.
 * @param db may be null where no source is a pool.
 * @param turns what a list of a user's turns without replies counts as: its first turn, as a run plays it, or all of them.
 * Errors (UserError): a pool that does not exist or has no prompt left, a pattern that matches nothing; see also `filePages`.
 */
export async function readSources(
  db: Pool | null,
  sources: readonly string[],
  turns: Turns = 'first',
): Promise<SourcedPages> {
  const found = new Set<string>();
  const reports: SourceReport[] = [];
  const parts: (Part & { end: number })[] = [];
  for (const source of sources)
    for (const part of await partsOf(db, source, turns)) {
      const ids = await idsOf(part);
      if (ids.length === 0) throw part.nothing();
      for (const id of ids) found.add(id);
      reports.push({ source: part.name, prompts: ids.length, hash: contentIdOf(listJson(ids)) });
      parts.push({ ...part, end: found.size });
    }
  const ids = [...found];
  return { ids, rows: ids.length, sources: reports, pages: () => pagesOf(parts, ids) };
}

/** The same with all texts held: for test sets and benchmarks. */
export async function readWholeSources(
  db: Pool | null,
  sources: readonly string[],
  turns: Turns = 'first',
): Promise<SourcedPrompts> {
  const read = await readSources(db, sources, turns);
  return { prompts: await allOf(read), sources: read.sources };
}

/** A pool, or each file by itself, so that a report names it. */
interface Part {
  name: string;
  /** Its prompts in their order; the same text may come again. */
  pages: () => AsyncIterable<readonly SourcePrompt[]>;
  /** Does something with each page of one state of the source, whatever others write meanwhile. */
  walk: (each: (page: readonly SourcePrompt[]) => void) => Promise<void>;
  nothing: () => UserError;
}

async function partsOf(db: Pool | null, source: string, turns: Turns): Promise<Part[]> {
  const pool = poolNameOf(source);
  if (pool === null) return (await filesOf(source)).map((file) => filePart(file, turns));
  if (!db) throw new Error(`${source} without a database`);
  return [poolPart(db, pool, source, turns)];
}

function filePart(file: string, turns: Turns): Part {
  async function* pages() {
    for await (const page of filePages(file, turns)) yield page.map((prompt) => ({ ...prompt, storedAs: null }));
  }
  return { name: file, pages, walk: (each) => walkOver(pages(), each), nothing: () => noPromptIn([file]) };
}

function poolPart(db: Pool, pool: string, name: string, turns: Turns): Part {
  async function* pages(from: Pool | PoolClient) {
    for await (const page of poolPages(from, pool, 'kept'))
      yield page.map(({ id, messages, category, source, originalId }): SourcePrompt => {
        const prompt = { id, messages, category, source, originalId, storedAs: id };
        return turns === 'first' ? firstTurnOf(prompt) : prompt;
      });
  }
  return {
    name,
    pages: () => pages(db),
    // Later walks take what time embedding takes: they hold no transaction, and see by the ids whether the pool has changed.
    walk: (each) => inSnapshot(db, (client) => walkOver(pages(client), each)),
    nothing: () =>
      new UserError(
        `pool:${pool} has no prompts in this database. Import some: npx flywheel prompts import FILE --pool ${shellWord(pool)}`,
      ),
  };
}

async function walkOver<Page>(pages: AsyncIterable<Page>, each: (page: Page) => void): Promise<void> {
  for await (const page of pages) each(page);
}

/** A list of a user's turns without replies counts as its first turn, as in files: players answer one dialogue at once. */
function firstTurnOf(prompt: SourcePrompt): SourcePrompt {
  const [first, second] = prompt.messages;
  if (!first || second?.role !== 'user') return prompt;
  return { ...prompt, id: promptId([first]), messages: [first] };
}

/** Ids of a part's prompts, each text that it has once. */
async function idsOf({ walk }: Part): Promise<string[]> {
  const texts = new Set<string>();
  const ids: string[] = [];
  await walk((page) => {
    for (const { id, storedAs } of page) {
      const text = storedAs ?? id;
      if (texts.has(text)) continue;
      texts.add(text);
      ids.push(id);
    }
  });
  return ids;
}

/** The prompts of the ids, which the parts had in this order: what is not the next one has come before, or is new since. */
async function* pagesOf(
  parts: readonly (Part & { end: number })[],
  ids: readonly string[],
): AsyncGenerator<SourcePrompt[]> {
  let next = 0;
  for (const { name, pages, end } of parts) {
    for await (const page of pages()) {
      const wanted: SourcePrompt[] = [];
      for (const prompt of page)
        if (prompt.id === ids[next]) {
          // The id that is held, so that who holds ids as well holds no text of their own.
          wanted.push({ ...prompt, id: ids[next]! });
          next += 1;
        }
      if (wanted.length > 0) yield wanted;
    }
    if (next < end)
      throw new UserError(
        `${name} changed while its prompts were read: the prompt ${ids[next]} is not in its place any more. Start again when nothing cleans or writes it.`,
      );
  }
}
