import type { Pool } from 'pg';
import { clearDropped, markPrompts, poolPages, withPool } from '../../store/prompt-pool';
import type { Embedder } from '../embed/embedder';
import { emptyPool } from '../empty-pool';
import { userText, type Prompt } from '../prompt';
import type { ContaminationSettings } from './contamination';
import { examine } from './examine';
import { contaminationReport, type ContaminationReport } from './report';

const CONTAMINATED = 'contaminated';

/**
 * Drops the prompts of a pool that are too near to tests, of those that are kept so far. Marks of an earlier call give way. One
 * transaction: killed, nothing has changed.
 * Errors (UserError): the pool has no prompts; see also `createContamination` and the embedder.
 */
export async function decontaminatePool(
  db: Pool,
  pool: string,
  tests: readonly Prompt[],
  settings: ContaminationSettings & { embedder: Embedder; onProgress?: (rows: number) => void },
): Promise<ContaminationReport> {
  return withPool(db, pool, async (client) => {
    await clearDropped(client, pool, CONTAMINATED);
    const places: { member: string; file: string; line: number }[] = [];
    async function* pages() {
      for await (const page of poolPages(client, pool, 'kept')) {
        for (const { member, source: file, line } of page) places.push({ member, file, line });
        yield page;
      }
    }
    const { prompts, pairs } = await examine(pages(), tests, settings);
    if (prompts === 0) throw emptyPool(pool);
    const members = pairs.map(({ prompt }) => places[prompt]!.member);
    const texts = await textsOf(client, pool, members);
    await markPrompts(
      client,
      pool,
      members.map((id) => ({ id, dropped: CONTAMINATED })),
    );
    const placed = pairs.map(({ prompt, ...pair }) => {
      const { member, file, line } = places[prompt]!;
      return { ...pair, prompt: { file, line, text: texts.get(member)! } };
    });
    return contaminationReport(prompts, tests, settings.embedder, placed);
  });
}

/** The pages' texts are not kept while they pass; those of the pairs are read again. */
async function textsOf(
  client: Parameters<typeof poolPages>[0],
  pool: string,
  members: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<Pick<Prompt, 'messages'> & { member: string }>(
    `select m.prompt as member, p.messages from pool_prompts m join prompts p on p.id = coalesce(m.masked, m.prompt)
     where m.pool = $1 and m.prompt = any($2)`,
    [pool, members],
  );
  return new Map(rows.map((row) => [row.member, userText(row)]));
}
