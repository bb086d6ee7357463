import { setImmediate as breathe } from 'node:timers/promises';
import { piecesOf } from '../../pieces';
import type { Embedder } from '../embed/embedder';
import { vectorTable } from '../embed/vectors';
import { userText, type Prompt } from '../prompt';
import { createContamination, type ContaminatedPair, type ContaminationSettings } from './contamination';

/** Prompts embedded at once; in between others get their turn. */
const PIECE = 500;

/**
 * Compares prompts, a page at a time, with tests. Pairs name a prompt by its number: that of `numberOf`, or in the order of reading.
 * Errors (UserError): see `createContamination` and the embedder.
 */
export async function examine(
  pages: AsyncIterable<readonly Prompt[]>,
  tests: readonly Prompt[],
  {
    embedder,
    numberOf,
    onProgress,
    ...settings
  }: ContaminationSettings & {
    embedder: Embedder;
    numberOf?: (prompt: Prompt) => number;
    onProgress?: ((prompts: number) => void) | undefined;
  },
): Promise<{ prompts: number; pairs: ContaminatedPair[] }> {
  const testTexts = tests.map(userText);
  const contamination = createContamination(testTexts, vectorTable(await embedder.embed(testTexts)), settings);
  let prompts = 0;
  for await (const page of pages)
    for (const piece of piecesOf(page, PIECE)) {
      const texts = piece.map(userText);
      const vectors = await embedder.embed(texts);
      piece.forEach((prompt, index) => contamination.add(texts[index]!, vectors[index]!, numberOf?.(prompt)));
      prompts += texts.length;
      onProgress?.(prompts);
      await breathe();
    }
  return { prompts, pairs: contamination.finish() };
}
