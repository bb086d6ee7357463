import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../errors';
import { shellWord } from '../shell-word';
import type { ModelFiles } from './backend';
import type { RayClient } from './ray-client';
import type { RayTraining } from './ray';

/** The first release whose Jobs API has all that is asked of it; older ones lose reservations of memory in silence. */
const OLDEST = [2, 9] as const;
/** A probe that has not begun after so long waits for resources; one that has begun may read a large model. */
const BEGINS_MS = 120_000;
const PROBE_MS = 600_000;
const POLL_MS = 500;

/** What a node must have, as a program of its own: the trainer's package lies in what it may not see. */
const PROBE = `
import importlib, json, os, pathlib, socket, sys
asked = json.loads(sys.argv[1])
host = socket.gethostname()
for path in asked['sees']:
    if not os.path.exists(path):
        sys.exit(f'PROBE: the node {host} does not see {path}; mount it there under the same path')
for name in ('torch', 'transformers', 'trl', 'peft'):
    try:
        importlib.import_module(name)
    except ImportError as error:
        sys.exit(f'PROBE: {sys.executable} on the node {host} lacks {name} ({error}); install trainer/requirements.txt there, or name another training.python')
if asked['model']:
    sys.path.insert(0, asked['packageFolder'])
    from flywheel_trainer import manifest
    path, expected = asked['model']['path'], asked['model']['sha256']
    found = manifest.describe(pathlib.Path(path))['sha256']
    if found != expected:
        sys.exit(f'PROBE: {path} on the node {host} holds other files (sha256 {found[:12]}) than here (sha256 {expected[:12]}); mount the same folder there, or copy it anew')
print('PROBE: ready')
`;

/** What a node is asked about. */
export interface Probe {
  /** The trainer's package, copied into the artifacts folder: who sees it sees that folder, and not another one of its path. */
  packageFolder: string;
  sees: readonly string[];
  model?: ModelFiles | undefined;
}

/**
 * Asks for Ray's version, and runs a job on a node that looks for the paths and the trainer's packages, and reads the model: some
 * seconds, and as long as a model's files take to read. A cluster that is busy is taken at its word.
 * @throws UserError with one sentence.
 */
export async function checkRay(
  ray: RayClient,
  training: RayTraining,
  { packageFolder, sees, model }: Probe,
): Promise<void> {
  const version = await ray.version().catch((error: unknown) => {
    if (UserError.isInstance(error)) throw error;
    throw new UserError(`training.url: ${messageOf(error)}. Start Ray's head with its dashboard, or mend the address.`);
  });
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new UserError(
      `training.url: Ray at ${training.url} is ${version}; ${OLDEST.join('.')} or newer is needed. Upgrade the cluster.`,
    );
  const id = `flywheel-probe-${Date.now()}-${process.pid}`;
  const asked = {
    packageFolder,
    sees: [...sees, packageFolder, ...(model ? [model.path] : [])],
    model: model ? { path: model.path, sha256: await model.sha256() } : null,
  };
  await ray.submit({
    submission_id: id,
    entrypoint: ['exec', training.python, '-c', PROBE, JSON.stringify(asked)].map(shellWord).join(' '),
    runtime_env: { env_vars: { HF_HUB_OFFLINE: '1' } },
    metadata: { flywheel_job: 'probe' },
    entrypoint_num_cpus: training.cpus,
    ...(training.gpus > 0 ? { entrypoint_num_gpus: training.gpus } : {}),
  });
  const began = Date.now();
  for (;;) {
    const job = await ray.job(id);
    if (job?.status === 'SUCCEEDED') return;
    if (job?.status === 'FAILED' || job?.status === 'STOPPED') {
      const log = await ray.logs(id).catch(() => '');
      // At the begin of a line: the log begins with the program itself.
      const said =
        /^PROBE: (.*)$/m.exec(log)?.[1] ?? `${job.message ?? ''} ${log.trim().split('\n').at(-1) ?? ''}`.trim();
      throw new UserError(`training: Ray at ${training.url} cannot train: ${said}.`);
    }
    if (Date.now() - began > (job?.status === 'RUNNING' ? PROBE_MS : BEGINS_MS)) {
      // It waits for resources, as the training will: that is a queue, and no mistake.
      await ray.stop(id).catch(() => undefined);
      return;
    }
    await sleep(POLL_MS);
  }
}
