import type { Pool } from 'pg';
import { piecesOf } from '../pieces';
import type { Message, Prompt } from '../prompts/prompt';
import { bulkInsert } from './bulk';
import { inTransaction } from './transaction';

/** Part of a split that a prompt belongs to; `d0`: the start is trained on it. */
export type SplitPart = 'test' | 'gate' | 'd0' | `slice-${number}`;

interface PromptRow {
  id: string;
  messages: Message[];
  category: string | null;
  source: string;
  original_id: string | null;
}

const toPrompt = (row: PromptRow): Prompt => ({
  id: row.id,
  messages: row.messages,
  category: row.category,
  source: row.source,
  originalId: row.original_id,
});

/** Stores prompts; those that exist stay as they are. */
export async function savePrompts(pool: Pool, prompts: readonly Prompt[]): Promise<void> {
  for (const piece of piecesOf(prompts, 1000))
    await bulkInsert(
      pool,
      'prompts',
      [
        ['id', 'text'],
        ['messages', 'jsonb'],
        ['category', 'text'],
        ['source', 'text'],
        ['originalId', 'text'],
      ],
      piece,
    );
}

/** Gives stored prompts the categories that these know; what has one keeps it. */
export async function fillCategories(pool: Pool, prompts: readonly Prompt[]): Promise<void> {
  const known = prompts.filter(({ category }) => category !== null);
  if (known.length === 0) return;
  await pool.query(
    `update prompts set category = row.category from unnest($1::text[], $2::text[]) as row(id, category)
     where prompts.id = row.id and prompts.category is null`,
    [known.map(({ id }) => id), known.map(({ category }) => category)],
  );
}

/** Rows of a split that one statement writes: a million at once are hundreds of MB of text. */
const SPLIT_PIECE = 2000;

/** Stores a split once, whole or not at all. */
export function saveSplit(
  pool: Pool,
  split: string,
  parts: ReadonlyMap<SplitPart, readonly string[]>,
  clusters: ReadonlyMap<string, number> | null = null,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock(hashtext($1))', [split]);
    const { rowCount } = await client.query('select 1 from splits where split = $1 limit 1', [split]);
    if (rowCount) return;
    for (const [part, prompts] of parts) {
      let position = 0;
      for (const piece of piecesOf(prompts, SPLIT_PIECE))
        await bulkInsert(
          client,
          'splits',
          [
            ['split', 'text'],
            ['prompt', 'text'],
            ['part', 'text'],
            ['position', 'int'],
            ['cluster', 'int'],
          ],
          piece.map((prompt) => ({
            ...{ split, prompt, part, position: position++ },
            cluster: clusters?.get(prompt) ?? null,
          })),
          'refuse',
        );
    }
  });
}

/** Ids of a part's prompts in their frozen order, from `from` to before `to`. */
export async function partOf(
  pool: Pool,
  split: string,
  part: SplitPart,
  from = 0,
  to = 2 ** 31 - 1,
): Promise<string[]> {
  const { rows } = await pool.query<{ prompt: string }>(
    'select prompt from splits where split = $1 and part = $2 and position >= $3 and position < $4 order by position',
    [split, part, from, to],
  );
  return rows.map((row) => row.prompt);
}

/** Clusters of a split's prompts, of those that have one. */
export async function clustersOf(pool: Pool, split: string): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ prompt: string; cluster: number }>(
    'select prompt, cluster from splits where split = $1 and cluster is not null',
    [split],
  );
  return new Map(rows.map(({ prompt, cluster }) => [prompt, String(cluster)]));
}

/** Prompts by id. */
export async function loadPrompts(pool: Pool, ids: readonly string[]): Promise<Map<string, Prompt>> {
  const { rows } = await pool.query<PromptRow>('select * from prompts where id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.id, toPrompt(row)]));
}
