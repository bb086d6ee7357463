#!/usr/bin/env node
/** `npm run docs:clusters`: writes the tables of docs/clusters.md from the formulas (src/plan/cluster) and examples/clusters. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { format } from 'prettier';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { say } from './setup/report.mjs';

const { root } = environment;
const require = createRequire(import.meta.url);
const built = (...path) => require(join(root, 'dist', 'src', ...path));

await runMain(async () => {
  await setup({ quiet: true });
  const { loadConfig } = built('config', 'load.js');
  const { CASES } = built('plan', 'cluster', 'cases.js');
  const { clusterTables } = built('plan', 'cluster', 'document.js');
  const { H100 } = built('plan', 'cluster', 'gpu.js');
  const cases = await Promise.all(
    CASES.map(async (one) => ({ ...one, config: await loadConfig(join(root, 'examples', 'clusters', one.file)) })),
  );
  const file = join(root, 'docs', 'clusters.md');
  let text = readFileSync(file, 'utf8');
  for (const [name, table] of Object.entries(clusterTables(cases, H100))) {
    const place = new RegExp(`(<!-- table: ${name} -->\n\n)[^<]*(\n\n<!-- end -->)`);
    if (!place.test(text)) throw new Error(`${file} has no place for the table ${name}`);
    text = text.replace(place, (_, before, after) => before + table + after);
  }
  writeFileSync(file, await format(text, { parser: 'markdown' }));
  say(`wrote ${file}`);
  return 0;
});
