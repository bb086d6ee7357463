import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import environment from '../environment.cjs';
import { runInherited } from '../spawn.mjs';
import { withExit } from './counts.mjs';

const { root } = environment;

/** A file's text; null where there is none. */
export function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Runs Jest with its report in `folder`, and returns the counts. Two workers at most, unless the arguments say otherwise. */
export async function runJest(args, folder) {
  const report = join(folder, 'jest.json');
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const options = ['--json', `--outputFile=${report}`];
  if (!args.some((arg) => /^(-i|--runInBand|-w|--maxWorkers)/.test(arg))) options.push('--maxWorkers=2');
  const code = await runInherited(process.execPath, [jest, ...options, ...args]);
  const result = JSON.parse(readIfThere(report) ?? '{}');
  return withExit(
    {
      passed: result.numPassedTests ?? 0,
      // A suite that could not run has no failed test, but is a failure.
      failed: (result.numFailedTests ?? 0) + (result.numRuntimeErrorTestSuites ?? 0),
      skipped: (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0),
    },
    code,
  );
}
