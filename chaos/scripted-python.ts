import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonPath, repositoryRoot } from '../src/embedded/paths';

/**
 * Writes what stands in the place of the Python that `FLYWHEEL_PYTHON` names: it runs the scripted trainer.
 * @param env for the trainer, which inherits nothing of its worker's environment.
 */
export function scriptedPython(folder: string, env: Readonly<Record<string, string>> = {}): string {
  const file = join(folder, 'scripted-python');
  const script = join(repositoryRoot(), 'chaos', 'scripted_trainer.py');
  const settings = Object.entries(env).map(([name, value]) => `${name}='${value}' `);
  writeFileSync(file, `#!/bin/sh\n${settings.join('')}exec '${pythonPath()}' '${script}' "$@"\n`, { mode: 0o755 });
  return file;
}
