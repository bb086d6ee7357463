#!/usr/bin/env node
/** `npm run histories -- ARGS`: the set-up, then the recording. */
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';

await runMain(async () => {
  await setup();
  const main = join(environment.root, 'dist', 'histories', 'main.js');
  return runInherited(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)]);
});
