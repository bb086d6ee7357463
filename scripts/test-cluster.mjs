#!/usr/bin/env node
/**
 * `npm run test:cluster`: training on a real Ray cluster and serving on a real vLLM, both started by the tests (test/cluster).
 * `npm run setup:cluster` installs them; what is not installed is skipped and said. The last line is `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { closeWith } from './testing/counts.mjs';
import { runJest } from './testing/jest.mjs';

const { root } = environment;

await runMain(async () => {
  await setup();
  const folder = mkdtempSync(join(tmpdir(), 'flywheel-test-cluster-'));
  try {
    const config = ['--config', join(root, 'jest.cluster.config.js'), '--runInBand'];
    return closeWith([await runJest([...config, ...process.argv.slice(2)], folder)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
