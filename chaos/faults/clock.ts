import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faketimeLibrary } from '../clock';
import type { Fault } from '../fault';
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
  check: async (stand) => {
    const steps = await stepsOf(stand, DPO);
    const once = steps.every((step, index) => step === index + 1);
    return once ? [] : [`the job's steps were ${steps.join(' ')}`];
  },
});

/** The steps that a job took, in their order: a second trainer, or one that was stopped and resumed, shows in them. */
async function stepsOf(stand: Stand, label: string): Promise<number[]> {
  const text = await readFile(join(stand.jobFolder(label), 'progress.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);
}

export const clockFaults: Fault[] = [
  jumping('battles', 1, judging('dpo', 'training', 30)),
  jumping('training', 1, trained(DPO)),
  jumping('training', -1, trained(DPO)),
];
