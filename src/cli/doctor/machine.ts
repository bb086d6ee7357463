import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DASHBOARD_PORT } from '../../dashboard/server';
import { flywheelHome, pythonPath, repositoryRoot, temporalBinary } from '../../embedded/paths';
import { isFree } from '../../embedded/ports';
import { readUp } from '../../embedded/up-file';
import { messageOf, UserError } from '../../errors';
import { environmentAddresses } from '../connect';
import { finding, type Answer, type Finding } from './finding';

const run = promisify(execFile);
const GIB = 1024 ** 3;
const IMPORT_MS = 180_000;

/** Checks of this machine: programs, packages, disk, ports. */
export function checkMachine(): Promise<Finding[]> {
  return Promise.all([
    finding('Node', node),
    finding('Python', python),
    finding('GPU', gpu),
    finding('temporal', temporalProgram),
    finding('disk', disk),
    finding('port 7233', () => temporalPortOf(7233, 'Temporal server', '; --port asks for a certain one')),
    finding('port 8233', () => temporalPortOf(8233, 'Temporal UI', '; --ui-port asks for a certain one')),
    finding(`port ${DASHBOARD_PORT}`, () => portOf(DASHBOARD_PORT, 'dashboard')),
  ]);
}

function node(): string {
  const { node: version } = process.versions;
  if (Number(version.split('.')[0]) >= 20) return version;
  throw new UserError(`This is Node ${version}; install 20 or newer.`);
}

/** Really imports what the trainer does: packages that are there may still not fit each other. */
async function python(): Promise<string> {
  const path = pythonPath();
  const code =
    'import platform, torch, transformers, trl, peft, flywheel_trainer; print(platform.python_version(), "torch", torch.__version__, "transformers", transformers.__version__, "trl", trl.__version__)';
  try {
    const { stdout } = await run(path, ['-c', code], {
      env: {
        ...process.env,
        PYTHONPATH: join(repositoryRoot(), 'trainer'),
        PYTHONDONTWRITEBYTECODE: '1',
        HF_HUB_OFFLINE: '1',
      },
      timeout: IMPORT_MS,
    });
    return `${stdout.trim()} (${path})`;
  } catch (error) {
    const { stderr, killed } = error as { stderr?: string; killed?: boolean };
    const reason = killed
      ? `took more than ${IMPORT_MS / 1000} s`
      : (stderr?.trim().split('\n').at(-1) ?? messageOf(error));
    throw new UserError(
      `The trainer's packages do not load in ${path}: ${reason}. Run \`npm run setup\`, or \`${path} -m pip install -r trainer/requirements.txt\`.`,
    );
  }
}

/** What the driver sees; a machine without one trains on its processor, which is slow for all but the demo. */
async function gpu(): Promise<Answer> {
  try {
    const { stdout } = await run(
      'nvidia-smi',
      ['--query-gpu=name,memory.total,memory.used', '--format=csv,noheader,nounits'],
      { env: process.env, timeout: 20_000 },
    );
    const all = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(',').map((part) => part.trim()));
    return all.map(([name, total, used]) => `${name} (${gib(total)} GiB, ${gib(used)} used)`).join(', ');
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT'
      ? 'none here (no nvidia-smi): training and serving on this machine use the processor'
      : { warning: `nvidia-smi does not answer: ${messageOf(error).split('\n')[0]}. Look at the driver.` };
  }
}

/** MiB, as nvidia-smi writes them, in GiB. */
const gib = (mebibytes: string | undefined) => (Number(mebibytes) / 1024).toFixed(0);

async function temporalProgram(): Promise<string> {
  const binary = temporalBinary();
  try {
    const { stdout } = await run(binary, ['--version'], { env: process.env, timeout: 20_000 });
    return `${stdout.trim().replace(/^temporal version /, '')} (${binary})`;
  } catch (error) {
    throw new UserError(
      `${binary} does not run: ${messageOf(error)}. Run \`npm run setup\`, or name another binary in FLYWHEEL_TEMPORAL.`,
    );
  }
}

/** Room where runs write; checkpoints of small models take megabytes, of large ones many gigabytes. */
async function disk(): Promise<Answer> {
  let folder = flywheelHome();
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / GIB;
  const sentence = `${free.toFixed(1)} GiB free at ${flywheelHome()}`;
  if (free < 0.5) throw new UserError(`Only ${sentence}: make room, or name another folder in FLYWHEEL_HOME.`);
  return free < 5
    ? {
        warning: `Only ${sentence}: enough for the demo, little for real checkpoints. FLYWHEEL_HOME names another folder.`,
      }
    : sentence;
}

async function temporalPortOf(port: number, name: string, option: string): Promise<Answer> {
  return environmentAddresses().temporalAddress
    ? 'not needed: TEMPORAL_ADDRESS names a server'
    : portOf(port, name, option);
}

/** What `up` starts takes other ports where the usual ones are in use. @param option how a certain one is asked for, if it can be. */
export async function portOf(port: number, name: string, option = ''): Promise<Answer> {
  const up = readUp();
  if (up && [up.temporalAddress, up.uiUrl, up.dashboardUrl].some((address) => address?.endsWith(`:${port}`)))
    return `the ${name} of process ${up.holder.pid} (npx flywheel up)`;
  if (await isFree(port)) return 'free';
  return {
    warning: `in use by another program, so \`npx flywheel up\` takes any free port for the ${name}${option}`,
  };
}
