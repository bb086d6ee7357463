import type { Fault } from '../fault';
import { answeredBy, answering, continuedAsNew, judging, trained, whileWriting } from '../moments';
import type { Stand } from '../stand';

const GOAL = 'same rows, data and ratings as undisturbed; calls repeated <= calls in flight';

/** The worker is killed as soon as something is seen, and another one is started. */
const killedAt = (name: string, moment: (stand: Stand) => Promise<void>, options: Partial<Fault> = {}): Fault => ({
  name: `worker killed: ${name}`,
  goal: GOAL,
  ...options,
  async give(stand, worker) {
    await moment(stand);
    await stand.killWorker(worker);
    await stand.startWorker();
  },
});

/** As `killedAt`, while a write to the table waits: it lands after the death of who sent it. */
const killedWriting = (name: string, before: (stand: Stand) => Promise<void>, table: 'datasets' | 'ledger'): Fault => ({
  name: `worker killed: ${name}`,
  goal: GOAL,
  async give(stand, worker) {
    await before(stand);
    await whileWriting(stand, table, () => stand.killWorker(worker));
    await stand.startWorker();
  },
});

export const workerFaults: Fault[] = [
  killedAt('answers', answering),
  killedAt('judging', judging('sft', 'training', 60), { short: true }),
  killedWriting('selection', judging('sft', 'training'), 'datasets'),
  killedAt('training sft', trained('r1-sft-a1')),
  killedAt('training dpo', trained('r1-dpo-a1')),
  killedAt('training reward', trained('r1-reward-a1')),
  killedAt('training ppo', trained('r1-ppo-a1')),
  killedWriting('serving', trained('r1-dpo-a1'), 'ledger'),
  killedAt('gate', judging('dpo', 'gate')),
  killedAt('evaluation', judging('ppo', 'evaluation')),
  killedAt('continue-as-new', continuedAsNew, { shape: { rounds: 2 } }),
  killedAt('answers of the local model server', answeredBy('I0', 20), {
    goal: 'the same keys without a gap, answers that differ counted; calls repeated <= calls in flight',
    shape: { trainer: 'real', serving: 'local' },
  }),
  {
    name: 'two workers, one killed',
    goal: GOAL,
    async give(stand, worker) {
      await stand.startWorker();
      await judging('dpo', 'training')(stand);
      await stand.killWorker(worker);
    },
  },
  {
    name: "a worker of an older build, then beside one of today's",
    goal: GOAL,
    stand: { olderBuild: true },
    async give(stand, older) {
      await judging('sft', 'training', 60)(stand);
      await stand.killWorker(older);
      await stand.startWorker('older');
      const today = await stand.startWorker();
      await judging('dpo', 'training', 30)(stand);
      await stand.killWorker(today);
      await judging('dpo', 'gate')(stand);
      await stand.startWorker();
    },
  },
];
