import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import type { ModelName } from '../../src/sandbox/models';
import { tinyConfig, writeFakeBase, writePrompts } from './tiny';

export { scriptedPython } from '../../chaos/scripted-python';

/** Prompts that a run of `scriptedConfig` needs. */
const SCRIPTED_POOL = 3 * 16 + 60;

/** The files of a scripted run, in a folder. */
export const scriptedFiles = (folder: string) => ({
  base: writeFakeBase(join(folder, 'base')),
  pool: writePrompts(join(folder, 'pool.jsonl'), SCRIPTED_POOL, 'train'),
  test: writePrompts(join(folder, 'test.jsonl'), 12, 'test'),
});

/** A run of SFT alone whose checkpoints are answered for by scripted players; it lasts some seconds a round. */
export function scriptedConfig(
  files: { base: string; pool: string; test: string },
  answers: Record<string, ModelName> = {},
): ConfigInput {
  const tiny = tinyConfig(files);
  const labels = [1, 2, 3].flatMap((round) => [1, 2, 3, 4, 5].map((attempt) => `r${round}-sft-a${attempt}`));
  const models = Object.fromEntries(labels.map((label, index) => [label, index % 2 ? 'clerk' : 'tutor']));
  return {
    ...tiny,
    name: 'scripted',
    stages: ['sft'],
    target: {
      base: files.base,
      sampling: { temperature: 1, maxTokens: 16 },
      serve: { kind: 'endpoint', url: 'sandbox:', concurrency: 8, models: { I0: 'poet', ...models, ...answers } },
    },
    evaluation: { ...tiny.evaluation, after: 'round' },
    prompts: { source: [files.pool], sliceSize: 16, slices: 3, gateReserve: 60 },
  };
}
