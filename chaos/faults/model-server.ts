import { execFileSync } from 'node:child_process';
import { sendSignal } from '../../src/embedded/process';
import type { Fault } from '../fault';
import { answeredBy } from '../moments';
import type { Stand } from '../stand';

/** The model server of a stand's worker, by its command line. */
function modelServer({ folder }: Stand): number {
  const processes = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const server = processes.find(
    (line) => line.includes(' -m flywheel_trainer.serve ') && line.includes(folder) && !line.includes('lifeline'),
  );
  if (server === undefined) throw new Error('no model server was there to be killed');
  return Number.parseInt(server, 10);
}

export const modelServerFaults: Fault[] = [
  {
    name: 'model server killed (real training, local model server)',
    goal: 'served again, canaries passed, the same keys without a gap, answers that differ counted',
    shape: { trainer: 'real', serving: 'local' },
    async give(stand) {
      await answeredBy('r1-sft-a1', 15)(stand);
      sendSignal(modelServer(stand), 'SIGKILL');
    },
    async check({ pool }) {
      const { rows } = await pool.query<{ checkpoint: string }>(
        `select id as checkpoint from checkpoints where stage <> 'reward'
         except select party from ledger where purpose = 'canary' and error is null`,
      );
      return rows.map(({ checkpoint }) => `${checkpoint} passed no canary`);
    },
  },
];
