#!/usr/bin/env node
/** `npm run flywheel -- ARGS`: the set-up, in silence where everything is in place, then `flywheel ARGS`. */
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { runInherited } from './spawn.mjs';

await runMain(async () => {
  await setup({ quiet: true });
  const main = join(environment.root, 'dist', 'src', 'cli', 'main.js');
  // npm works in the package's folder; paths are meant from where the user stands.
  const cwd = process.env.INIT_CWD ?? environment.root;
  return runInherited(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)], { cwd });
});
