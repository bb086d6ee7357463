#!/usr/bin/env node
/**
 * Prepares everything that the project needs inside the repository: npm packages, the Python environment, the build.
 * `npm run demo` and `npm test` begin with it; `npm run setup` does it alone. What is there already is left alone.
 */
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';
import { alone } from './setup/lock.mjs';
import { installPackages } from './setup/npm.mjs';
import { preparePython } from './setup/python.mjs';
import { say, userError } from './setup/report.mjs';

function checkSystem() {
  if (process.platform === 'win32') {
    throw userError(
      'Set-up stopped: Windows itself is not supported; use WSL 2 (https://learn.microsoft.com/windows/wsl).',
    );
  }
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw userError(`Set-up stopped: this is Node ${process.versions.node}, 20 or newer is needed.`);
}

/**
 * Does what is left to do, each step in one line on stderr. `quiet` says nothing when nothing was to do; `withBuild: false`
 * installs the packages only (a layer of the Dockerfile). Throws one sentence when a step fails.
 */
export async function setup({ quiet = false, withBuild = true } = {}) {
  const began = performance.now();
  checkSystem();
  const done = await alone(async () => [await installPackages(), await preparePython(), withBuild && (await build())]);
  if (quiet && !done.includes(true)) return;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(done.includes(true) ? `set-up: done in ${seconds} s` : `set-up: everything is in place (${seconds} s)`);
}

/** Runs a script's main function; an error ends it with the sentence alone, exit code 1. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    const isUserError = error !== null && typeof error === 'object' && Symbol.for('arena-flywheel.user-error') in error;
    say(isUserError ? error.message : (error?.stack ?? String(error)));
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await runMain(() => setup({ withBuild: !process.argv.includes('--no-build') }));
