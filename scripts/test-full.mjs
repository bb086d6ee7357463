#!/usr/bin/env node
/**
 * `npm run test:full`: what takes longer than `npm test` may (an hour at most): the suites of test/full, one after the
 * other, then the faults of `npm run chaos`, each row a test. The last line is `N passed, N failed`. Arguments go to Jest
 * (`npm run test:full -- docs`), and the faults are then left out.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';
import { closeWith, withExit } from './testing/counts.mjs';
import { readIfThere, runJest } from './testing/jest.mjs';

const { root } = environment;

/** The faults in their usual form; each row of the table is a test, one without a verdict is skipped. */
async function runChaos(folder) {
  const report = join(folder, 'chaos.json');
  const main = join(root, 'dist', 'chaos', 'main.js');
  // Its document goes to a file; each row is told on stderr as it comes.
  const stdout = openSync(report, 'w');
  const code = await runInherited(process.execPath, ['--enable-source-maps', main, '--json'], { stdout });
  closeSync(stdout);
  const { rows = [] } = JSON.parse(readIfThere(report) || '{}');
  const count = (ok) => rows.filter((row) => row.ok === ok).length;
  return withExit({ passed: count(true), failed: count(false), skipped: count(null) }, code);
}

await runMain(async () => {
  await setup();
  const args = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'flywheel-test-full-'));
  try {
    const results = [await runJest(['--config', join(root, 'jest.full.config.js'), '--runInBand', ...args], folder)];
    if (args.length === 0) results.push(await runChaos(folder));
    return closeWith(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
