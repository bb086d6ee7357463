import { faketimeLibrary } from '../clock';
import type { Fault } from '../fault';
import { notOnce } from '../job';
import { judging, trained } from '../moments';
import type { Stand } from '../stand';

const DPO = 'r1-dpo-a1';

const jumping = (name: string, hours: number, moment: (stand: Stand) => Promise<void>): Fault => ({
  name: `clock jumps an hour ${hours > 0 ? 'on' : 'back'}: worker and trainer, in ${name}`,
  goal: 'no duplicate job; calls repeated <= calls in flight',
  stand: { fakeClock: true },
  skip: () => (faketimeLibrary() === null ? 'libfaketime is not there (Debian: apt-get install faketime)' : null),
  async give(stand) {
    await moment(stand);
    stand.jump(hours);
  },
  check: (stand) => notOnce(stand, DPO),
});

export const clockFaults: Fault[] = [
  jumping('battles', 1, judging('dpo', 'training', 30)),
  jumping('training', 1, trained(DPO)),
  jumping('training', -1, trained(DPO)),
];
