import type { Pool, PoolClient } from 'pg';
import { emptyCounts, type ImportCounts } from '../prompts/import/counts';
import type { ImportedPrompt } from '../prompts/import/import-file';
import type { PromptPages } from '../prompts/pages';
import type { Message, Prompt } from '../prompts/prompt';
import { inTransaction } from './transaction';

/** A file's place in a pool, and how far its import came. */
export interface PoolFile {
  number: number;
  rowsRead: number;
  finished: boolean;
  counts: ImportCounts;
}

interface PoolFileRow {
  number: number;
  rows_read: string;
  finished: boolean;
  counts: ImportCounts;
}

/** A prompt of a pool in its order. */
export interface PoolPrompt extends Prompt {
  /** By which the pool knows it: another than `id` where a masked text stands for it. */
  member: string;
  file: number;
  line: number;
}

/** What cleaning says of a prompt: a reason to drop it, or the prompt with masked text that stands for it. */
export type Mark = { id: string; dropped: string } | { id: string; masked: string };

/** Runs `body` in one transaction that no other process has on this pool at the same time. */
export function withPool<T>(db: Pool, pool: string, body: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(db, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtext('prompt-pool'), hashtext($1))", [pool]);
    return body(client);
  });
}

/** The file's place in the pool; a new one gets the next number. */
export async function openPoolFile(
  db: Pool,
  pool: string,
  { sha256, name }: { sha256: string; name: string },
): Promise<PoolFile> {
  return withPool(db, pool, async (client) => {
    await client.query(
      `insert into pool_files (pool, sha256, number, name, counts)
       select $1, $2, 1 + coalesce(max(number), 0), $3, $4 from pool_files where pool = $1
       on conflict (pool, sha256) do nothing`,
      [pool, sha256, name, emptyCounts()],
    );
    return loadPoolFile(client, pool, sha256);
  });
}

/** The files of a pool, in their order. */
export async function poolFiles(db: Pool, pool: string): Promise<{ sha256: string; name: string }[]> {
  const { rows } = await db.query<{ sha256: string; name: string }>(
    'select sha256, name from pool_files where pool = $1 order by number',
    [pool],
  );
  return rows;
}

async function loadPoolFile(client: PoolClient, pool: string, sha256: string): Promise<PoolFile> {
  const { rows } = await client.query<PoolFileRow>('select * from pool_files where pool = $1 and sha256 = $2', [
    pool,
    sha256,
  ]);
  const [row] = rows;
  if (!row) throw new Error(`the pool ${pool} has no file ${sha256}`);
  return { number: row.number, rowsRead: Number(row.rows_read), finished: row.finished, counts: row.counts };
}

/**
 * Adds prompts in their order, those the pool has already left out, and notes how far the file is read, all or nothing.
 * Returns the file's counts with them. Null: another process has read further than `from` rows meanwhile, and nothing was written.
 */
export async function addToPool(
  db: Pool,
  pool: string,
  file: { number: number; sha256: string; from: number; rowsRead: number },
  prompts: readonly ImportedPrompt[],
  countsWith: (added: number) => ImportCounts,
): Promise<ImportCounts | null> {
  return withPool(db, pool, async (client) => {
    const { rowsRead } = await loadPoolFile(client, pool, file.sha256);
    if (rowsRead !== file.from) return null;
    const added = await insertPrompts(client, pool, file.number, prompts);
    const counts = countsWith(added);
    await client.query('update pool_files set rows_read = $3, counts = $4 where pool = $1 and sha256 = $2', [
      ...[pool, file.sha256],
      ...[file.rowsRead, counts],
    ]);
    return counts;
  });
}

async function insertPrompts(
  client: PoolClient,
  pool: string,
  file: number,
  prompts: readonly ImportedPrompt[],
): Promise<number> {
  const { rowCount } = await client.query({
    name: 'insert-pool-prompts',
    text: `with given as (
             select * from unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])
               with ordinality as row(id, messages, line, category, source, original_id, licence, place)
           ), stored as (
             insert into prompts (id, messages, category, source, original_id)
             select id, messages::jsonb, category, source, original_id from given order by id, place on conflict do nothing
           )
           insert into pool_prompts (pool, prompt, file, line, category, original_id, licence)
           select $1, id, $2::int, line, category, original_id, licence from given order by place on conflict do nothing`,
    values: [
      pool,
      file,
      prompts.map(({ id }) => id),
      prompts.map(({ messages }) => JSON.stringify(messages)),
      prompts.map(({ line }) => line),
      prompts.map(({ category }) => category),
      prompts.map(({ source }) => source),
      prompts.map(({ originalId }) => originalId),
      prompts.map(({ licence }) => licence),
    ],
  });
  return rowCount ?? 0;
}

/** Notes that a file is read to its end. */
export async function finishPoolFile(db: Pool, pool: string, sha256: string): Promise<void> {
  await db.query('update pool_files set finished = true where pool = $1 and sha256 = $2', [pool, sha256]);
}

/** Rows of a page. */
const PAGE = 5000;

/** Prompts of a pool in their order, a page at a time: all of them as they were imported, or those that are kept, masked ones as masked. */
export async function* poolPages(
  db: Pool | PoolClient,
  pool: string,
  which: 'all' | 'kept' = 'all',
): AsyncGenerator<PoolPrompt[]> {
  let [file, line] = [0, 0];
  for (;;) {
    const { rows } = await db.query<{
      id: string;
      member: string;
      messages: Message[];
      category: string | null;
      source: string;
      original_id: string | null;
      file: number;
      line: string;
    }>({
      name: `pool-page-${which}`,
      // The page is cut before texts are joined to it: on new tables, whose size is not known yet, the planner may join the whole rest.
      text: `with page as materialized (
               select * from pool_prompts
               where pool = $1 and (file, line) > ($2::int, $3::bigint)${which === 'all' ? '' : ' and dropped is null'}
               order by file, line limit ${PAGE})
             select p.id, m.prompt as member, p.messages, m.category, f.name as source, m.original_id, m.file, m.line
             from page m join prompts p on p.id = ${which === 'all' ? 'm.prompt' : 'coalesce(m.masked, m.prompt)'}
             join pool_files f on f.pool = m.pool and f.number = m.file order by m.file, m.line`,
      values: [pool, file, line],
    });
    const page = rows.map(({ original_id: originalId, line: at, ...row }) => ({
      ...row,
      originalId,
      line: Number(at),
    }));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    ({ file, line } = last);
  }
}

/** Takes every mark of an earlier cleaning away, and those of near-duplicates with them. */
export async function clearMarks(client: PoolClient, pool: string): Promise<void> {
  await client.query(
    'update pool_prompts set dropped = null, masked = null, duplicate_of = null, similarity = null where pool = $1 and (dropped is not null or masked is not null)',
    [pool],
  );
}

/** Notes why prompts are dropped, and what stands for masked ones (prompts that are stored already). */
export async function markPrompts(client: PoolClient, pool: string, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return;
  await client.query({
    name: 'mark-prompts',
    text: `update pool_prompts set dropped = mark.dropped, masked = mark.masked
           from unnest($2::text[], $3::text[], $4::text[]) as mark(prompt, dropped, masked)
           where pool = $1 and pool_prompts.prompt = mark.prompt`,
    values: [
      pool,
      marks.map(({ id }) => id),
      marks.map((mark) => ('dropped' in mark ? mark.dropped : null)),
      marks.map((mark) => ('masked' in mark ? mark.masked : null)),
    ],
  });
}

/** A member of a pool that is dropped for an earlier one. */
export interface DuplicateMark {
  member: string;
  keeper: string;
  /** Jaccard similarity of the two, 0 to 1. */
  similarity: number;
}

/** Why a near-duplicate is dropped. */
export const NEAR_DUPLICATE = 'near-duplicate';

/** Takes the marks of one reason away; others stay. */
export async function clearDropped(client: PoolClient, pool: string, reason: string): Promise<void> {
  await client.query(
    'update pool_prompts set dropped = null, duplicate_of = null, similarity = null where pool = $1 and dropped = $2',
    [pool, reason],
  );
}

/** Drops members of a pool for those that are kept instead. */
export async function markDuplicates(client: PoolClient, pool: string, marks: readonly DuplicateMark[]): Promise<void> {
  if (marks.length === 0) return;
  await client.query({
    name: 'mark-duplicates',
    text: `update pool_prompts set dropped = $2, duplicate_of = mark.keeper, similarity = mark.similarity
           from unnest($3::text[], $4::text[], $5::real[]) as mark(prompt, keeper, similarity)
           where pool = $1 and pool_prompts.prompt = mark.prompt`,
    values: [
      ...[pool, NEAR_DUPLICATE],
      marks.map(({ member }) => member),
      marks.map(({ keeper }) => keeper),
      marks.map(({ similarity }) => similarity),
    ],
  });
}

/** A near-duplicate beside what is kept for it, for a person to judge. */
export interface DuplicatePair {
  similarity: number;
  dropped: { file: string; line: number; messages: Message[] };
  kept: { file: string; line: number; messages: Message[] };
}

/** Pairs of near-duplicates, the least similar first: those that a person would doubt. */
export async function duplicatePairs(db: Pool | PoolClient, pool: string, limit: number): Promise<DuplicatePair[]> {
  const { rows } = await db.query<DuplicatePair>(
    `select m.similarity,
       json_build_object('file', f.name, 'line', m.line, 'messages', p.messages) as dropped,
       json_build_object('file', kf.name, 'line', k.line, 'messages', kp.messages) as kept
     from pool_prompts m
       join pool_files f on f.pool = m.pool and f.number = m.file
       join prompts p on p.id = coalesce(m.masked, m.prompt)
       join pool_prompts k on k.pool = m.pool and k.prompt = m.duplicate_of
       join pool_files kf on kf.pool = k.pool and kf.number = k.file
       join prompts kp on kp.id = coalesce(k.masked, k.prompt)
     where m.pool = $1 order by m.similarity, m.file, m.line limit $2`,
    [pool, limit],
  );
  return rows;
}

/** Prompts of a pool that cleaning left, to be read through in pages. */
export async function keptPages(db: Pool, pool: string): Promise<PromptPages> {
  const { rows } = await db.query<{ count: string }>(
    'select count(*) from pool_prompts where pool = $1 and dropped is null',
    [pool],
  );
  return { rows: Number(rows[0]?.count), pages: () => poolPages(db, pool, 'kept') };
}

/** Takes the categories away that were not the files' own. */
export async function clearCategories(client: PoolClient, pool: string): Promise<void> {
  await client.query(
    'update pool_prompts set category = null, category_by = null where pool = $1 and category_by is not null',
    [pool],
  );
}

/** Notes the categories of members of a pool, and who gave them. */
export async function saveCategories(
  client: PoolClient,
  pool: string,
  given: readonly { member: string; category: string | null }[],
  by: string,
): Promise<void> {
  await client.query({
    name: 'save-categories',
    text: `update pool_prompts set category = row.category, category_by = $2
           from unnest($3::text[], $4::text[]) as row(prompt, category)
           where pool = $1 and pool_prompts.prompt = row.prompt`,
    values: [pool, by, given.map(({ member }) => member), given.map(({ category }) => category)],
  });
}

/** Some prompts of a pool that cleaning left, in their order, masked ones as masked; each text once. */
export async function poolPromptsOf(db: Pool, pool: string, ids: readonly string[]): Promise<Prompt[]> {
  const { rows } = await db.query<Omit<Prompt, 'originalId'> & { original_id: string | null }>(
    `select p.id, p.messages, m.category, f.name as source, m.original_id
     from pool_prompts m join prompts p on p.id = coalesce(m.masked, m.prompt)
       join pool_files f on f.pool = m.pool and f.number = m.file
     where m.pool = $1 and m.dropped is null and p.id = any($2) order by m.file, m.line`,
    [pool, ids],
  );
  const once = new Map<string, Prompt>();
  for (const { original_id: originalId, ...row } of rows)
    if (!once.has(row.id)) once.set(row.id, { ...row, originalId });
  return [...once.values()];
}

/** What became of the prompts of a pool. */
export interface PoolCounts {
  pool: string;
  files: number;
  prompts: number;
  kept: number;
  masked: number;
  dropped: { reason: string; prompts: number }[];
}

/** All pools with what cleaning did to them. */
export async function poolCounts(db: Pool): Promise<PoolCounts[]> {
  const { rows } = await db.query<PoolCounts>(
    `select pool, (select count(*)::int from pool_files where pool_files.pool = counted.pool) as files,
            sum(prompts)::float8 as prompts, sum(masked)::float8 as masked,
            coalesce(sum(prompts) filter (where dropped is null), 0)::float8 as kept,
            coalesce(json_agg(json_build_object('reason', dropped, 'prompts', prompts) order by prompts desc)
                       filter (where dropped is not null), '[]') as dropped
       from (select pool, dropped, count(*) as prompts, count(masked) as masked from pool_prompts group by pool, dropped) counted
      group by pool order by pool`,
  );
  return rows;
}

/** A prompt that cleaning dropped, and for a near-duplicate what is kept instead. */
export interface DroppedPrompt {
  prompt: string;
  file: number;
  fileName: string;
  line: number;
  reason: string;
  similarity: number | null;
  messages: Message[];
  kept: Message[] | null;
}

/** Dropped prompts of a pool in the order of its files, for one reason or all (null), behind `after`. */
export async function droppedPage(
  db: Pool,
  pool: string,
  { reason, after, limit }: { reason: string | null; after: { file: number; line: number } | null; limit: number },
): Promise<DroppedPrompt[]> {
  const { rows } = await db.query<DroppedPrompt>(
    `select m.prompt, m.file, f.name as "fileName", m.line::float8 as line, m.dropped as reason, m.similarity, p.messages,
            (select kp.messages from prompts kp where kp.id = m.duplicate_of) as kept
       from pool_prompts m join pool_files f on f.pool = m.pool and f.number = m.file join prompts p on p.id = m.prompt
      where m.pool = $1 and m.dropped is not null and ($2::text is null or m.dropped = $2)
        and ($3::int is null or (m.file, m.line) > ($3, $4::bigint))
      order by m.file, m.line limit $5`,
    [pool, reason, after?.file ?? null, after?.line ?? null, limit],
  );
  return rows;
}
