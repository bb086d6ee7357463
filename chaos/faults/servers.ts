import { HEARTBEAT_SECONDS } from '../config';
import type { Fault } from '../fault';
import { judging, trained } from '../moments';
import type { Stand } from '../stand';
import { sendSignal } from '../../src/embedded/process';

const GOAL = 'no lost or doubled row; calls repeated <= calls in flight';
/** Longer than the heartbeat time-out, so that its end is met too. */
const DOWN_MS = 1000 * (HEARTBEAT_SECONDS + 1);

const down = () => new Promise((resolve) => setTimeout(resolve, DOWN_MS));

/** Postgres away for a while; what it could not take may be bought again. */
const postgresGone = (name: string, end: (stand: Stand) => Promise<unknown>, short = false): Fault => ({
  name,
  goal: GOAL,
  short,
  async give(stand) {
    await judging('sft', 'training', 60)(stand);
    stand.excuseInFlight();
    await end(stand);
    await down();
    await stand.servers.startPostgres();
  },
});

const temporalKilled = (when: string, moment: (stand: Stand) => Promise<void>): Fault => ({
  name: `temporal killed and started: ${when}`,
  goal: GOAL,
  async give(stand) {
    await moment(stand);
    sendSignal(stand.servers.temporal().pid, 'SIGKILL');
    await stand.servers.temporal().ended;
    await down();
    await stand.servers.startTemporal();
  },
});

export const serverFaults: Fault[] = [
  postgresGone('postgres killed', async ({ servers }) => sendSignal(servers.postgres().pid, 'SIGKILL'), true),
  postgresGone('postgres stopped and started', ({ servers }) => servers.postgres().stop()),
  {
    name: 'connections to postgres cut',
    goal: GOAL,
    async give(stand) {
      await judging('dpo', 'training', 30)(stand);
      stand.excuseInFlight();
      await stand.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    },
  },
  temporalKilled('judging', judging('sft', 'training', 60)),
  temporalKilled('training', trained('r1-dpo-a1')),
  {
    name: "temporal's database deleted, the id started again",
    goal: GOAL,
    async give(stand, worker) {
      await judging('dpo', 'training', 30)(stand);
      await stand.killWorker(worker);
      sendSignal(stand.servers.temporal().pid, 'SIGKILL');
      await stand.servers.startTemporal({ keep: false });
      await stand.startWorker();
      await stand.start({});
    },
  },
];
