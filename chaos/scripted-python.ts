import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonPath, repositoryRoot } from '../src/embedded/paths';

/**
 * Writes what stands in the place of the Python that `FLYWHEEL_PYTHON` names: it runs the scripted trainer, which gets no further than
 * some steps while there is a file `holdOf(folder)`.
 * @param env for the trainer, which inherits nothing of its worker's environment.
 */
export function scriptedPython(folder: string, env: Readonly<Record<string, string>> = {}): string {
  const file = join(folder, 'scripted-python');
  const script = join(repositoryRoot(), 'chaos', 'scripted_trainer.py');
  const settings = Object.entries({ SCRIPTED_HOLD: holdOf(folder), ...env }).map(
    ([name, value]) => `${name}='${value}' `,
  );
  writeFileSync(file, `#!/bin/sh\n${settings.join('')}exec '${pythonPath()}' '${script}' "$@"\n`, { mode: 0o755 });
  return file;
}

/** The file that holds the trainers of a folder's scripted Python while it is there. */
export const holdOf = (folder: string): string => join(folder, 'hold-training');
