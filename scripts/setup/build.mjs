/** The build, as `npm run build` does it, when the sources are not those that dist was made from. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import environment from '../environment.cjs';
import { runTool, say, userError } from './report.mjs';

const { root } = environment;
const dist = join(root, 'dist');
const stampFile = join(dist, '.sources');
const pagesStampFile = join(dist, '.pages');

/** What the dashboard's pages are made from: of `src` they take types only, which leave no trace. */
const pagesInputs = ['web', 'package-lock.json'];

/** The folders and files that the build reads, from its own configuration. */
function inputs() {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  return [...include, ...pagesInputs, 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
}

function* filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) yield { path, stat };
  else for (const name of readdirSync(path).sort()) yield* filesUnder(join(path, name));
}

/** A hash over the names, sizes and times of all sources: unlike the newest time alone it notices a removed file. */
function sourcesHash(of) {
  const hash = createHash('sha256');
  for (const input of of) {
    for (const { path, stat } of filesUnder(join(root, input))) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Bundles the workflows where they lie, because the bundle names their places. */
async function bundleWorkflows() {
  const script = join(dist, 'src', 'bundle-workflows.js');
  const logFile = join(root, '.flywheel', 'logs', 'setup-bundle.log');
  const { code, output } = await runTool('bundling the workflows', process.execPath, [script], { logFile });
  if (code === 0) return;
  say(output.trimEnd());
  throw userError(`Set-up stopped: the workflows could not be bundled; mend what the lines above say. Log: ${logFile}`);
}

const isStamped = (file, stamp) => existsSync(file) && readFileSync(file, 'utf8') === stamp;

/** Bundles the dashboard's pages into a folder; those of the last build are taken over where nothing of theirs has changed. */
async function bundlePages(fresh) {
  const pages = sourcesHash(pagesInputs);
  const [before, after] = [join(dist, 'web'), join(fresh, 'web')];
  if (isStamped(pagesStampFile, pages) && existsSync(before)) cpSync(before, after, { recursive: true });
  else {
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const logFile = join(root, '.flywheel', 'logs', 'setup-pages.log');
    const options = ['build', '--config', join('web', 'vite.config.mjs'), '--outDir', after, '--logLevel', 'warn'];
    const { code, output } = await runTool('vite', process.execPath, [vite, ...options], { logFile });
    if (code !== 0) {
      say(output.trimEnd());
      throw userError(
        `Set-up stopped: the dashboard's pages could not be bundled; mend what the lines above say. Log: ${logFile}`,
      );
    }
  }
  writeFileSync(join(fresh, '.pages'), pages);
}

/** Builds dist if need be; true when something was done. */
export async function build() {
  const sources = sourcesHash(inputs());
  if (isStamped(stampFile, sources)) return false;
  say('set-up: building (tsc, the workflow bundle, the pages)');
  const fresh = `${dist}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const logFile = join(root, '.flywheel', 'logs', 'setup-tsc.log');
  const { code, output } = await runTool(
    'tsc',
    process.execPath,
    [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh],
    { logFile },
  );
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    say(output.trimEnd());
    throw userError('Set-up stopped: the sources do not compile; mend the lines above and start again.');
  }
  await bundlePages(fresh);
  // Swapped as a whole: no file of a removed source stays behind, and nobody sees half of the compiler's output.
  const old = `${dist}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
  await bundleWorkflows();
  writeFileSync(stampFile, sources);
  return true;
}
