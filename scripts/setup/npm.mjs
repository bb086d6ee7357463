/**
 * npm packages: installed when node_modules is not what package-lock.json says. By `npm install --no-save`, which keeps to
 * the locked versions: `npm ci` refuses a lock that lacks the optional packages of other platforms, and npm leaves out of
 * the lock those that its registry did not have when the lock was made.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import environment from '../environment.cjs';
import { reasonOf, runTool, say, userError } from './report.mjs';

const { root } = environment;

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * Whether the installed versions are the locked ones. npm writes node_modules/.package-lock.json as its last act, so an
 * install that was interrupted has none. Packages for other platforms (optional) may be missing.
 */
export function isInstalled(folder = root) {
  const locked = packagesIn(join(folder, 'package-lock.json'));
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'));
  if (locked === null || installed === null) return false;
  return Object.entries(locked).every(
    ([path, entry]) => path === '' || (installed[path] ? installed[path].version === entry.version : entry.optional),
  );
}

/** Installs the packages if need be; true when something was done. */
export async function installPackages() {
  if (isInstalled()) return false;
  say('set-up: installing the npm packages (about half a minute)');
  const modules = join(root, 'node_modules');
  // Without npm's last file the install was interrupted, and npm would take a package that was cut short for whole.
  if (packagesIn(join(modules, '.package-lock.json')) === null) rmSync(modules, { recursive: true, force: true });
  // Started by npm, npm_execpath is that npm's own program.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const options = ['--no-save', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const args = [...npm.slice(1), 'install', ...options];
  const logFile = join(root, '.flywheel', 'logs', 'setup-npm.log');
  const { code, output } = await runTool('npm install', npm[0], args, { logFile });
  if (code !== 0) {
    throw userError(
      `Set-up stopped: the npm packages could not be installed (${reasonOf(output, /^npm (error|ERR!) (?!code|errno|syscall|type)/)}); ` +
        `look whether the registry answers (offline? proxy?), then start again. Log: ${logFile}`,
    );
  }
  if (!isInstalled()) {
    throw userError(
      'Set-up stopped: package.json and package-lock.json do not agree; run `npm install` and look at `git diff`.',
    );
  }
  return true;
}
