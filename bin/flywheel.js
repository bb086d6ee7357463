#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');
if (existsSync(main)) {
  process.setSourceMapsEnabled(true);
  require(main);
} else {
  process.stderr.write('flywheel is not built yet: run `npm run setup` in the repository first.\n');
  process.exitCode = 1;
}
