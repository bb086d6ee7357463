'use strict';
/**
 * Where the project's parts are found. Plain CommonJS without dependencies, because the set-up asks before anything is
 * installed or built; `src/embedded/paths.ts` asks the same functions afterwards, so that there is one rule.
 */
const fs = require('node:fs');
const path = require('node:path');

/** The repository's root folder. */
const root = path.dirname(__dirname);

/** The environment that the set-up makes, inside the repository. */
const ownEnvironment = path.join(root, '.venv');

/** An error that the user can mend, marked as `UserError` of src/errors.ts is: it is shown without a stack. */
function userError(message) {
  return Object.assign(new Error(message), { [Symbol.for('arena-flywheel.user-error')]: true });
}

/** Whether `file` is a file that may be executed. */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** First executable called `name` on the PATH of `env`, or null. */
function onPath(name, env) {
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable) ?? null;
}

/** `value` as a file: absolute as it is, with a slash from the working folder, a bare word from the PATH. */
function asFile(value, env) {
  return value.includes('/') ? path.resolve(value) : (onPath(value, env) ?? path.resolve(value));
}

/**
 * The Python to use: `FLYWHEEL_PYTHON` (an environment's folder, or the python itself), else `.venv` in the repository.
 * Throws when `FLYWHEEL_PYTHON` names nothing that runs; whether `.venv` exists is not looked at.
 */
function pythonPath(env = process.env) {
  if (!env.FLYWHEEL_PYTHON) return path.join(ownEnvironment, 'bin', 'python');
  const named = asFile(env.FLYWHEEL_PYTHON, env);
  const python = fs.existsSync(named) && fs.statSync(named).isDirectory() ? path.join(named, 'bin', 'python') : named;
  if (isExecutable(python)) return python;
  throw userError(
    `FLYWHEEL_PYTHON=${env.FLYWHEEL_PYTHON}: there is no Python at ${python}; ` +
      'name an environment (a folder with bin/python) or a python, or unset it to have one made in .venv.',
  );
}

/**
 * The `temporal` binary: `FLYWHEEL_TEMPORAL`, else beside the Python in use, else on the PATH; null where there is none.
 * Throws when `FLYWHEEL_TEMPORAL` names nothing that runs.
 */
function temporalBinary(env = process.env) {
  if (env.FLYWHEEL_TEMPORAL) {
    const named = asFile(env.FLYWHEEL_TEMPORAL, env);
    if (isExecutable(named)) return named;
    throw userError(`FLYWHEEL_TEMPORAL=${env.FLYWHEEL_TEMPORAL}: no executable file; name the temporal binary itself.`);
  }
  const beside = path.join(path.dirname(pythonPath(env)), 'temporal');
  return isExecutable(beside) ? beside : onPath('temporal', env);
}

/** The folder of everything that runs write: `FLYWHEEL_HOME`, else `.flywheel` in the repository. */
function flywheelHome(env = process.env) {
  return env.FLYWHEEL_HOME ? path.resolve(env.FLYWHEEL_HOME) : path.join(root, '.flywheel');
}

module.exports = { root, userError, ownEnvironment, pythonPath, temporalBinary, flywheelHome };
