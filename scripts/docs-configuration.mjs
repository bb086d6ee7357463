#!/usr/bin/env node
/** `npm run docs:configuration`: writes docs/configuration.md from the configuration's schema. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import environment from './environment.cjs';
import { format } from 'prettier';
import { runMain, setup } from './setup.mjs';
import { say } from './setup/report.mjs';

const { root } = environment;
const require = createRequire(import.meta.url);

await runMain(async () => {
  await setup({ quiet: true });
  const { configDocument } = require(join(root, 'dist', 'src', 'config', 'document.js'));
  const file = join(root, 'docs', 'configuration.md');
  writeFileSync(file, await format(configDocument(), { parser: 'markdown' }));
  say(`wrote ${file}`);
  return 0;
});
