import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ManagedProcess } from '../config/schema';
import { endLeftover, startChild } from '../embedded/child';
import { UserError } from '../errors';
import { contentId } from '../identity';
import { askApi } from '../models/api';
import { knownEnvironment } from '../training/environment';
import { runCommand, tryCommand } from './command';
import { NOBODY_SEES, unseen, type Need, type Up } from './need';

export interface Managed {
  label: string;
  process: ManagedProcess;
  /** Units that its group has. */
  total: number;
  /** Addresses that answer when it is ready, where it has no command that says so. */
  urls: readonly string[];
  /** Keeps the logs and the names of its processes. */
  folder: string;
}

const LOOK_MS = 1000;
const PROBE_MS = 5000;

/** A server of the user's as a need: started by its command, ready when it says so, and ended. */
export function managedNeed({ label, process, total, urls, folder }: Managed): Need {
  const { group, start, stop, passEnv, readySeconds } = process;
  const id = contentId([process, urls]);
  const file = `${label.replace(/[^\w.-]+/g, '-').slice(0, 60)}-${id.slice(0, 8)}`;
  const record = start !== null && stop === null ? join(folder, `${file}.json`) : null;

  async function isWell(): Promise<boolean> {
    if (process.ready !== null) return (await tryCommand(process.ready, { passEnv })) === null;
    return (await Promise.all(urls.map(answers))).every(Boolean);
  }

  /** The command runs as long as the server; it ends with this process, even by SIGKILL. */
  async function asChild(
    [command = '', ...args]: readonly string[],
    recordFile: string,
    calledOff: AbortSignal,
  ): Promise<Up> {
    const env = knownEnvironment(passEnv);
    const logFile = join(folder, `${file}.log`);
    const child = await startChild({
      name: label,
      command,
      args,
      env,
      logFile,
      recordFile,
      ready: isWell,
      readySeconds,
      calledOff,
    });
    return { down: child.stop, ended: child.ended, isWell };
  }

  /** The command only launches it. */
  async function launched(command: readonly string[], end: readonly string[], calledOff: AbortSignal): Promise<Up> {
    const down = () => runCommand(end, { what: `${label}: stop`, passEnv });
    await runCommand(command, { what: `${label}: start`, passEnv, seconds: readySeconds }).catch(
      async (error: unknown) => {
        // Half of it may be there.
        await down().catch(() => undefined);
        throw error;
      },
    );
    const deadline = Date.now() + readySeconds * 1000;
    while (!(await isWell())) {
      if (calledOff.aborted || Date.now() > deadline) {
        await down();
        calledOff.throwIfAborted();
        throw new UserError(`${label} was not ready after ${readySeconds} s (${command.join(' ')}).`);
      }
      await sleep(LOOK_MS);
    }
    return { down, ended: NOBODY_SEES, isWell };
  }

  return {
    ...{ id, label, group: group.name, units: group.units, total },
    async up(calledOff) {
      if (start === null) return unseen(nothing);
      if (record !== null) await endLeftover(label, record, { evenHeld: true });
      // Somebody else's server would be taken for ours, and outlive it.
      if (process.ready === null && (await Promise.all(urls.map(answers))).some(Boolean))
        throw new UserError(
          `${label}: something answers at ${urls.join(', ')} though it has not been started here. End it, or leave out process.start.`,
        );
      return record === null ? launched(start, stop ?? [], calledOff) : asChild(start, record, calledOff);
    },
    isBusy: () => Promise.resolve(false),
    onLease: { label, stop, passEnv, record, job: null },
  };
}

const nothing = () => Promise.resolve();

/** A key is the calls' business: a refusal is an answer. */
const answers = (url: string): Promise<boolean> =>
  askApi(`${url.replace(/\/$/, '')}/models`, { limitMs: PROBE_MS }).then(
    ({ status }) => status < 500,
    () => false,
  );
