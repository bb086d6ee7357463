#!/usr/bin/env node
/** `npm run bench -- ARGS`: the set-up, then the benches. */
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';

await runMain(async () => {
  await setup();
  const main = join(environment.root, 'dist', 'bench', 'main.js');
  return runInherited(process.execPath, ['--enable-source-maps', '--expose-gc', main, ...process.argv.slice(2)]);
});
