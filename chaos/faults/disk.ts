import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_FILE } from '../../src/artifacts/root';
import type { Fault } from '../fault';
import { judging, trained, until } from '../moments';
import type { Stand } from '../stand';

const DISK_BYTES = 8 << 20;
/** An activity is tried for a minute and a half before its run parks. */
const PARK_SECONDS = 180;

/** The artifacts on a small disk of their own, which is full from a moment on, until the run has parked. */
const diskFull = (what: string, moment: (stand: Stand) => Promise<void>): Fault => ({
  name: `disk full: ${what}`,
  goal: 'parks with the reason; complete after decide retry; no half file read',
  skip: () => (process.getuid?.() === 0 ? null : 'only root may mount a small disk'),
  async give(stand) {
    const disk = join(stand.folder, 'artifacts');
    mkdirSync(disk, { recursive: true });
    // The worker has marked the folder; the disk is to be the same one.
    const mark = join(disk, ROOT_FILE);
    await until('the artifacts are marked', () => Promise.resolve(existsSync(mark)));
    const marked = readFileSync(mark);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
    writeFileSync(mark, marked);
    stand.afterwards(() => execFileSync('umount', ['--lazy', disk]));
    await moment(stand);
    fill(join(disk, 'filler'));
    await until(
      'the run parked by the full disk',
      async () => {
        const { status, lastProblem } = await stand.progress();
        return status === 'needs attention' && /no space left/i.test(lastProblem ?? '');
      },
      PARK_SECONDS,
    );
    rmSync(join(disk, 'filler'));
    await stand.run().executeUpdate('decide', { args: [{ action: 'retry' }] });
  },
});

/** Writes to a file until nothing fits any more. */
function fill(file: string): void {
  for (let bytes = DISK_BYTES; bytes >= 1;) {
    try {
      appendFileSync(file, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
}

export const diskFaults: Fault[] = [
  diskFull('while a dataset is written', judging('sft', 'training')),
  diskFull('while a checkpoint is written', trained('r1-dpo-a1', 4)),
  // The last checkpoint is behind it; what is left to write is the model and the result.
  diskFull('while a result is written', trained('r1-dpo-a1', 19)),
];
