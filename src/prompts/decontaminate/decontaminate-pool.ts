import type { Pool } from 'pg';
import { UserError } from '../../errors';
import { clearDropped, markPrompts, poolPages, withPool } from '../../store/prompt-pool';
import type { Embedder } from '../embed/embedder';
import { vectorTable } from '../embed/vectors';
import { userText, type Prompt } from '../prompt';
import { createContamination, type ContaminationSettings } from './contamination';

/** A dropped prompt beside the test it is too near to, for a person to judge. */
export interface ContaminationPair {
  similarity: number;
  /** The words that they share, where that is the reason. */
  shared: string | null;
  prompt: { file: string; line: number; text: string };
  test: { source: string; text: string };
}

export interface ContaminationReport {
  rows: number;
  dropped: number;
  tests: number;
  embedder: string;
  /** The embedding knows words only: then nearness says little, and the paper's rule is not what it was meant to be. */
  lexical: boolean;
  pairs: ContaminationPair[];
}

const CONTAMINATED = 'contaminated';
/** Prompts embedded at once. */
const PIECE = 500;

/**
 * Drops the prompts of a pool that are too near to tests, of those that are kept so far. Marks of an earlier call give way. One
 * transaction: killed, nothing has changed.
 * Errors (UserError): the pool has no prompts; see also `createContamination` and the embedder.
 */
export async function decontaminatePool(
  db: Pool,
  pool: string,
  tests: readonly Prompt[],
  {
    embedder,
    onProgress,
    ...settings
  }: ContaminationSettings & { embedder: Embedder; onProgress?: (rows: number) => void },
): Promise<ContaminationReport> {
  const testTexts = tests.map(userText);
  const contamination = createContamination(testTexts, vectorTable(await embedder.embed(testTexts)), settings);
  return withPool(db, pool, async (client) => {
    await clearDropped(client, pool, CONTAMINATED);
    const places: { member: string; file: string; line: number }[] = [];
    for await (const page of poolPages(client, pool, 'kept'))
      for (let from = 0; from < page.length; from += PIECE) {
        const piece = page.slice(from, from + PIECE);
        const texts = piece.map(userText);
        const vectors = await embedder.embed(texts);
        piece.forEach(({ member, source, line }, index) => {
          places.push({ member, file: source, line });
          contamination.add(texts[index]!, vectors[index]!);
        });
        onProgress?.(places.length);
      }
    if (places.length === 0)
      throw new UserError(
        `The pool ${pool} has no prompts. Import some: npx flywheel prompts import FILE --pool ${pool}`,
      );
    const found = contamination.finish();
    const members = found.map(({ prompt }) => places[prompt]!.member);
    const texts = await textsOf(client, pool, members);
    await markPrompts(
      client,
      pool,
      members.map((id) => ({ id, dropped: CONTAMINATED })),
    );
    const pairs = found.map(({ prompt, test, similarity, shared }) => {
      const { member, file, line } = places[prompt]!;
      const { source, originalId } = tests[test]!;
      return {
        ...{ similarity, shared },
        prompt: { file, line, text: texts.get(member)! },
        test: { source: originalId === null ? source : `${source} ${originalId}`, text: testTexts[test]! },
      };
    });
    return {
      ...{ rows: places.length, dropped: pairs.length, tests: tests.length },
      ...{ embedder: embedder.name, lexical: !embedder.semantic },
      pairs: pairs.sort((a, b) => b.similarity - a.similarity),
    };
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
