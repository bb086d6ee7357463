#!/usr/bin/env node
/** `npm run chaos -- ARGS`: the set-up, then the faults. */
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';

await runMain(async () => {
  await setup();
  const main = join(environment.root, 'dist', 'chaos', 'main.js');
  return runInherited(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)]);
});
