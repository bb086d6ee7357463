#!/usr/bin/env node
/** `npm run demo -- ARGS`: the set-up, then `flywheel demo ARGS`. */
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';

await runMain(async () => {
  await setup();
  const main = join(environment.root, 'dist', 'src', 'cli', 'main.js');
  return runInherited(process.execPath, ['--enable-source-maps', main, 'demo', ...process.argv.slice(2)]);
});
