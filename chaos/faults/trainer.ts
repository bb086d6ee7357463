import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sendSignal } from '../../src/embedded/process';
import type { Fault } from '../fault';
import { trainerOf } from '../job';
import { trained, until } from '../moments';
import type { Stand } from '../stand';

const GOAL = 'goes on at the last whole checkpoint; weights bit-equal to the undisturbed';

/** SIGKILL to the trainer that lives, if one does; says whether. */
export async function killTrainer(stand: Stand): Promise<boolean> {
  const labels = await readdir(stand.jobFolder('.')).catch(() => []);
  for (const label of labels) {
    const pid = await trainerOf(stand, label);
    if (pid !== null) return sendSignal(pid, 'SIGKILL');
  }
  return false;
}

async function mustKillTrainer(stand: Stand): Promise<void> {
  if (!(await killTrainer(stand))) throw new Error('no trainer was there to be killed');
}

const killedAt = (name: string, label: string, options: Partial<Fault> & { steps?: number }): Fault => ({
  name: `trainer killed: ${name}`,
  goal: GOAL,
  ...options,
  async give(stand) {
    await trained(label, options.steps)(stand);
    await mustKillTrainer(stand);
  },
});

export const trainerFaults: Fault[] = [
  killedAt('sft (scripted)', 'r1-sft-a1', { short: true }),
  {
    name: 'trainer killed: while it writes a checkpoint (scripted)',
    goal: GOAL,
    async give(stand) {
      const checkpoints = join(stand.jobFolder('r1-dpo-a1'), 'checkpoints');
      await until('a checkpoint that is being written', async () =>
        (await readdir(checkpoints)).some((name) => name.endsWith('.tmp')),
      );
      await mustKillTrainer(stand);
    },
  },
  {
    name: 'trainer and worker killed (scripted)',
    goal: GOAL,
    async give(stand, worker) {
      await trained('r1-ppo-a1')(stand);
      await stand.killWorker(worker);
      await mustKillTrainer(stand);
      await stand.startWorker();
    },
  },
  ...['sft', 'dpo', 'reward', 'ppo'].map((kind) =>
    killedAt(`${kind} (real training)`, `r1-${kind}-a1`, { shape: { trainer: 'real' }, steps: 2 }),
  ),
];
