import { execFile } from 'node:child_process';
import { launchedAs, launchOf } from '../config/launch';
import type { TrainingConfig } from '../config/schema';
import { messageOf, UserError } from '../errors';
import { contentId } from '../identity';
import { filledIn, passedOn } from '../placeholders';
import type { Start, StartState, TrainingBackend } from './backend';
import { trainerEnvironment } from './environment';
import { logsOf } from './folder';

export type CommandTraining = Extract<TrainingConfig, { kind: 'command' }>;

const TIMEOUT_MS = 60_000;
/** A scheduler may show a job some seconds after it took it. */
const APPEARS_MS = 15_000;

/** A start that no scheduler has heard of. */
const NOBODY: Start = {
  name: 'flywheel-probe',
  folder: '/nonexistent',
  handle: null,
  logs: {},
  job: { kind: 'sft' } as Start['job'],
};

/**
 * Trainers as jobs of a scheduler, by commands of the user: Slurm's sbatch, squeue and scancel, or scripts. No shell
 * reads them; placeholders are filled in within an argument, and never make two of one.
 */
export function commandBackend(training: CommandTraining, packageFolder: string): TrainingBackend {
  const env = { ...trainerEnvironment(packageFolder), ...passedOn(training.passEnv) };
  /** When those were submitted that the scheduler has not shown yet. */
  const submitted = new Map<string, number>();
  const ask = (command: readonly string[], start: Start) =>
    execute(filledIn(command, placeholders(training, packageFolder, start), 'training'), env);

  async function state(start: Start): Promise<StartState> {
    // A worker that was killed before it had read the job's number can only ask by name.
    if (start.handle === null && training.status.some((argument) => argument.includes('{id}'))) return { is: 'none' };
    const word = (await ask(training.status, start)).trim().split(/\s+/)[0] ?? '';
    const isOneOf = (words: readonly string[]) => words.some((one) => one.toLowerCase() === word.toLowerCase());
    if (word !== '') submitted.delete(start.name);
    if (isOneOf(training.waiting)) return { is: 'waiting' };
    if (isOneOf(training.running)) return { is: 'running' };
    if (word === '' && Date.now() - (submitted.get(start.name) ?? 0) < APPEARS_MS) return { is: 'waiting' };
    if (word === '' && start.handle === null) return { is: 'none' };
    return { is: 'ended', how: word || 'the scheduler lists it no more' };
  }

  return {
    place: `the commands ${training.submit[0]} … (${contentId(training.submit).slice(0, 8)})`,
    pollMs: training.pollSeconds * 1000,
    async check() {
      // All three are filled in, and the harmless one is run, unless it must know a job's number.
      const values = { ...placeholders(training, packageFolder, NOBODY) };
      for (const part of ['submit', 'status', 'cancel'] as const) filledIn(training[part], values, `training.${part}`);
      if (training.status.some((argument) => argument.includes('{id}'))) return;
      await ask(training.status, NOBODY).catch((error: unknown) => {
        if (UserError.isInstance(error)) throw error;
        throw new UserError(`training.status: ${messageOf(error)}. Run it by hand on the worker's machine.`);
      });
    },
    state,
    async submit(start) {
      const known = await state(start);
      if (known.is === 'waiting' || known.is === 'running') return start.handle ?? '';
      const said = await ask(training.submit, start);
      submitted.set(start.name, Date.now());
      // `sbatch --parsable` prints `id` or `id;cluster`; without it the number is the last word.
      return said.trim().split(/\s+/).at(-1)?.split(';')[0] ?? '';
    },
    async stop(start) {
      await ask(training.cancel, start);
    },
    /** Schedulers write a job's logs where the submit command says; those in the folder are read. */
    log: logsOf,
  };
}

function placeholders(training: CommandTraining, packageFolder: string, { folder, job, name, handle }: Start) {
  const { processes, nodes, world, cpus, gpus, memoryGb } = launchOf(training, launchedAs(job.kind));
  return {
    name,
    id: handle ?? '',
    folder,
    kind: job.kind,
    python: training.python,
    package: packageFolder,
    processes: String(processes),
    nodes: String(nodes),
    world: String(world),
    cpus: String(cpus),
    gpus: String(gpus),
    memoryGb: String(memoryGb ?? 0),
  };
}

/** Runs a program without a shell and returns its stdout. */
function execute([program = '', ...args]: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile(program, args, { env, timeout: TIMEOUT_MS, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return reject(new UserError(`training: there is no program ${program}; name it by its whole path.`));
      const said = stderr.trim().split('\n').at(-1);
      reject(new Error(`${program} failed: ${said || messageOf(error)}`));
    }),
  );
}
