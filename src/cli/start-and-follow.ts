import type { Client } from '@temporalio/client';
import type { FlywheelInput, Progress } from '../../workflows/types';
import { TASK_QUEUE } from '../../workflows/queues';
import { shellWord } from '../shell-word';
import { findDashboard, type TemporalAddress } from './connect';
import { followRun } from './follow';
import { lookAt } from '../operating/look';
import { note, say, sayJson } from './output';
import { createProgressView } from './progress-view';
import { stopSignal } from './stop-signal';
import { unservedRoles, unservedSentences } from './unserved';

/** Exit code of a command that Ctrl-C ended, by the shell's convention. */
const INTERRUPTED = 130;

export interface Wanted {
  /** The command that starts such a workflow, after `npx flywheel`: also what continues it. */
  command: 'run' | 'arena run';
  id: string;
  input: FlywheelInput;
  /** The configuration's file, as the user named it. */
  file: string;
  /** Start only. */
  detach: boolean;
  /** stdout is kept for one JSON document. */
  json: boolean;
}

const TYPES: Readonly<Record<Wanted['command'], string>> = { run: 'flywheel', 'arena run': 'arena' };

/**
 * Starts a workflow, or finds it running, and follows it to its end. A closed id is started again, and goes on where it
 * stopped. Returns its last progress; null where it was only started, or Ctrl-C ended the following.
 */
export async function startAndFollow(
  client: Client,
  address: TemporalAddress,
  wanted: Wanted,
): Promise<Progress | null> {
  const { command, id, file, detach, json } = wanted;
  const tell = json ? note : say;
  const isNew = await start(client, wanted);
  tell(
    isNew
      ? `${id} is started.`
      : `${id} is running already, with the configuration that it was started with: ${file} was not used. Another --id starts another one.`,
  );
  const dashboard = findDashboard(address);
  if (dashboard !== null) tell(`Dashboard: ${dashboard}/runs/${encodeURIComponent(id)}`);
  if (address.uiUrl !== null)
    tell(`Temporal UI: ${address.uiUrl}/namespaces/${address.namespace}/workflows/${encodeURIComponent(id)}`);
  // An arena trains nothing.
  const needed = (await unservedRoles(client)).filter((role) => command === 'run' || role !== 'training');
  for (const sentence of unservedSentences(needed)) note(sentence);
  if (!detach) return follow(client, id, json);
  if (json) sayJson({ run: id, started: isNew });
  else say(`Follow it: npx flywheel status ${shellWord(id)} --watch`);
  return null;
}

/** Returns whether it was started here. */
async function start(client: Client, { command, id, input }: Wanted): Promise<boolean> {
  const { state } = await lookAt(client, id, 1000);
  await client.workflow.start(TYPES[command], {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return state !== 'open';
}

/** Follows a run on the terminal to its end; null where Ctrl-C ended the following, and how to come back is told. */
export async function follow(client: Client, id: string, quiet: boolean): Promise<Progress | null> {
  const view = createProgressView({ quiet });
  const { signal, release } = stopSignal();
  try {
    return await followRun(client, id, { onProgress: view.show, onTrouble: view.trouble, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    view.end();
    const run = shellWord(id);
    note(
      `No longer following; ${id} goes on. Come back to it: npx flywheel status ${run} --watch. Stop it: npx flywheel pause ${run} or npx flywheel cancel ${run}`,
    );
    process.exitCode = INTERRUPTED;
    return null;
  } finally {
    view.end();
    release();
  }
}
