import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import type { ModelName } from '../../src/sandbox/models';
import { tinyConfig } from './tiny';

/**
 * A Python that trains by script (chaos/scripted_trainer.py) behind the real job contract, as `FLYWHEEL_PYTHON` names one: for tests of
 * what happens around a training, in a second instead of many.
 */
export function scriptedPython(folder: string): string {
  const file = join(folder, 'scripted-python');
  const script = join(repositoryRoot(), 'chaos', 'scripted_trainer.py');
  writeFileSync(file, `#!/bin/sh\nexec '${pythonPath()}' '${script}' "$@"\n`, { mode: 0o755 });
  return file;
}

/** Prompts that a run of `scriptedConfig` needs. */
export const SCRIPTED_POOL = 3 * 16 + 60;

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
