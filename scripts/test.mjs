#!/usr/bin/env node
/**
 * `npm test`: the set-up, then Jest, then pytest, and as the last line `N passed, N failed`. Exit 1 when something failed
 * or nothing ran. Arguments go to Jest (`npm test -- test/unit/arena`), and pytest is then left out.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { say } from './setup/report.mjs';
import { runInherited } from './spawn.mjs';
import { closeWith, withExit } from './testing/counts.mjs';
import { readIfThere, runJest } from './testing/jest.mjs';

const { root } = environment;

function hasPythonTests() {
  const folder = join(root, 'test', 'python');
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => /(^|\/)test_[^/]*\.py$/.test(name))
  );
}

/** Sums the counts of a JUnit report's `<testsuite>` elements. */
function countJunit(xml) {
  const counts = { tests: 0, failures: 0, errors: 0, skipped: 0 };
  for (const [element] of xml.matchAll(/<testsuite [^>]*>/g)) {
    for (const name of Object.keys(counts))
      counts[name] += Number(new RegExp(` ${name}="(\\d+)"`).exec(element)?.[1] ?? 0);
  }
  const failed = counts.failures + counts.errors;
  return { passed: counts.tests - failed - counts.skipped, failed, skipped: counts.skipped };
}

async function runPytest(folder) {
  const python = environment.pythonPath();
  const report = join(folder, 'pytest.xml');
  const env = { ...process.env, PYTHONPATH: join(root, 'trainer'), OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const options = ['-q', '-p', 'no:cacheprovider', join('test', 'python'), `--junitxml=${report}`];
  const code = await runInherited(python, ['-m', 'pytest', ...options], { env });
  const xml = readIfThere(report);
  if (xml === null)
    say(`pytest did not run; if it is missing: \`${python} -m pip install -r trainer/requirements-dev.txt\`.`);
  return withExit(xml === null ? { passed: 0, failed: 0, skipped: 0 } : countJunit(xml), code);
}

await runMain(async () => {
  await setup();
  const args = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'flywheel-test-'));
  try {
    const results = [await runJest(args, folder)];
    if (args.length === 0 && hasPythonTests()) results.push(await runPytest(folder));
    return closeWith(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
