import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError, messageOf } from '../errors';
import { readJson } from '../files';
import { trainerEnvironment } from './environment';
import type { LocalTrainer } from './local';

const run = promisify(execFile);

/** Files of which one must be there for each part of a base model. */
const PARTS: readonly { what: string; files: readonly string[]; cure: string }[] = [
  { what: 'configuration', files: ['config.json'], cure: 'name the folder of a model in Hugging Face form' },
  {
    what: 'tokenizer',
    files: ['tokenizer.json', 'tokenizer.model', 'vocab.json', 'tokenizer_config.json'],
    cure: "copy the tokenizer's files beside the weights (tokenizer.save_pretrained)",
  },
  {
    what: 'weights',
    files: ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin', 'pytorch_model.bin.index.json'],
    cure: 'copy the weights there; a GGUF file is made a folder by `python -m flywheel_trainer.convert`',
  },
];

/**
 * Checks that a base model's folder is whole.
 * @throws UserError that names the first missing part and its cure.
 */
export async function checkBase(folder: string): Promise<void> {
  for (const { what, files, cure } of PARTS) {
    const there = await Promise.all(
      files.map((file) =>
        access(join(folder, file)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (!there.includes(true))
      throw new UserError(`target.base: ${folder} has no ${what} (${files.join(', ')}): ${cure}.`);
  }
}

/** The sha256 that stands for a model's folder: its manifest's, or computed by the trainer's rule where it has none. */
export async function describeBase(
  { python, packageFolder }: LocalTrainer,
  folder: string,
): Promise<{ sha256: string }> {
  const manifest = await readJson<{ sha256: string }>(join(folder, 'manifest.json'));
  if (manifest) return manifest;
  try {
    const { stdout } = await run(python, ['-m', 'flywheel_trainer.manifest', folder], {
      env: trainerEnvironment(packageFolder),
      maxBuffer: 1 << 24,
    });
    return JSON.parse(stdout) as { sha256: string };
  } catch (error) {
    throw new UserError(`target.base: the files of ${folder} could not be read: ${messageOf(error)}`);
  }
}
