import type { Embedder } from '../embed/embedder';
import { userText, type Prompt } from '../prompt';

/** A dropped prompt beside the test it is too near to, for a person to judge. */
export interface ContaminationPair {
  similarity: number;
  /** The words that they share, where that is the reason. */
  shared: string | null;
  /** `line` is null where only the file is known. */
  prompt: { file: string; line: number | null; text: string };
  test: { source: string; text: string };
}

export interface ContaminationReport {
  rows: number;
  dropped: number;
  tests: number;
  embedder: string;
  /** The embedding knows words only: then nearness says little, and the paper's rule is not what it was meant to be. */
  lexical: boolean;
  /** The most similar first. */
  pairs: ContaminationPair[];
}

/** Where a prompt is from, with the id that it had there. */
export const sourceOf = ({ source, originalId }: Prompt): string =>
  originalId === null ? source : `${source} ${originalId}`;

export function contaminationReport(
  rows: number,
  tests: readonly Prompt[],
  embedder: Pick<Embedder, 'name' | 'semantic'>,
  pairs: readonly { similarity: number; shared: string | null; test: number; prompt: ContaminationPair['prompt'] }[],
): ContaminationReport {
  return {
    ...{ rows, dropped: pairs.length, tests: tests.length },
    ...{ embedder: embedder.name, lexical: !embedder.semantic },
    pairs: pairs
      .map(({ similarity, shared, prompt, test: at }) => {
        const test = tests[at]!;
        return { similarity, shared, prompt, test: { source: sourceOf(test), text: userText(test) } };
      })
      .sort((a, b) => b.similarity - a.similarity),
  };
}
