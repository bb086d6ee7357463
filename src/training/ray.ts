import { launchedAs, launchOf } from '../config/launch';
import type { TrainingConfig } from '../config/schema';
import { readKey } from '../models/roster';
import { shellWord } from '../shell-word';
import type { StartState, TrainingBackend } from './backend';
import { trainerSettings } from './environment';
import type { Job } from './job';
import { rayClient, type RayClient, type RaySubmission } from './ray-client';
import { checkRay } from './ray-check';

export type RayTraining = Extract<TrainingConfig, { kind: 'ray' }>;

const POLL_MS = 2000;
const GIB = 1024 ** 3;

/**
 * Trainers as jobs of a Ray cluster, through its Jobs REST API. The start's name is the submission id. All nodes must see
 * the artifacts folder under the same path; `packageFolder` lies in it.
 */
export function rayBackend(training: RayTraining, packageFolder: string): TrainingBackend {
  const ray = rayClient(training.url, readKey(training.key));
  return {
    place: `Ray at ${training.url}`,
    pollMs: POLL_MS,
    check: (sees, model) => checkRay(ray, training, { packageFolder, sees, model }),
    async submit({ name, folder, job }) {
      if (await ray.job(name)) return name;
      try {
        await ray.submit(submission(training, packageFolder, name, folder, job));
      } catch (error) {
        // A second submit of one id is refused with status 500, as a fault of Ray's own would be: the id tells.
        if (!(await ray.job(name))) throw error;
      }
      return name;
    },
    state: ({ name }) => stateOf(ray, name),
    stop: ({ name }) => ray.stop(name),
    log: ({ name }) => ray.logs(name),
  };
}

async function stateOf(ray: RayClient, name: string): Promise<StartState> {
  const job = await ray.job(name);
  switch (job?.status) {
    case undefined:
      return { is: 'none' };
    case 'PENDING':
      return { is: 'waiting' };
    case 'RUNNING':
      return { is: 'running' };
    default: {
      const code = job?.driver_exit_code ?? null;
      return { is: 'ended', how: code === null ? `${job?.status}: ${job?.message}` : `exit code ${code}` };
    }
  }
}

function submission(
  training: RayTraining,
  packageFolder: string,
  name: string,
  folder: string,
  job: Job,
): RaySubmission {
  const { nodes, cpus, gpus, memoryGb } = launchOf(training, launchedAs(job.kind));
  const memory = memoryGb === null ? null : Math.round(memoryGb * GIB);
  const spread = nodes > 1;
  const share = ['--cpus', cpus, '--gpus', gpus, ...(memory === null ? [] : ['--memory', memory])];
  const words = spread
    ? ['-m', 'flywheel_trainer.ray_nodes', folder, ...share.map(String)]
    : ['-m', 'flywheel_trainer', folder];
  return {
    submission_id: name,
    entrypoint: ['exec', training.python, ...words].map(shellWord).join(' '),
    runtime_env: {
      env_vars: {
        ...trainerSettings(packageFolder),
        // Whoever stops the job, in Ray's own dashboard too: the trainer gets the time to write a checkpoint.
        RAY_JOB_STOP_WAIT_TIME_S: String(Math.ceil(job.lease.grace_seconds)),
      },
    },
    metadata: { flywheel_job: job.id, folder },
    // The launcher of several nodes only waits; it reserves the nodes' shares itself.
    ...(spread
      ? {}
      : {
          entrypoint_num_cpus: cpus,
          ...(gpus > 0 ? { entrypoint_num_gpus: gpus } : {}),
          ...(memory === null ? {} : { entrypoint_memory: memory }),
        }),
  };
}
