import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { flywheelHome } from '../src/embedded/paths';
import { messageOf } from '../src/errors';

const run = promisify(execFile);

/**
 * A Python environment of its own with a bench's peers, made at the first need and kept in the flywheel's home. Returns its
 * Python, or why there is none: a bench then leaves out its peers and says so.
 */
export async function peersPython(
  name: string,
  packages: readonly string[],
): Promise<{ python: string } | { reason: string }> {
  const folder = join(flywheelHome(), 'bench', name);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'packages.txt');
  const wanted = packages.join('\n');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return { python };
  try {
    await mkdir(join(folder, '..'), { recursive: true });
    await run('python3', ['-m', 'venv', '--clear', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], {
      timeout: 900_000,
    });
    await writeFile(stamp, wanted);
    return { python };
  } catch (error) {
    return { reason: `the peers could not be installed: ${messageOf(error).split('\n')[0]}` };
  }
}
