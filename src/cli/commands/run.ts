import type { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { loadConfig } from '../../config/load';
import type { Progress } from '../../../workflows/types';
import { findTemporal, withClient, type TemporalAddress } from '../connect';
import { followRun } from '../follow';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { note, say, sayJson } from '../output';
import { createProgressView } from '../progress-view';
import { hasWorkers, startRun } from '../start-run';
import { standings } from '../standings';
import { stopSignal } from '../stop-signal';

interface Options {
  id?: string;
  rounds?: number;
  detach?: boolean;
  json?: boolean;
}

/** Exit code of a command that Ctrl-C ended, by the shell's convention. */
const INTERRUPTED = 130;

export function runCommand(): Command {
  return describedCommand(
    'run',
    'Start a run from a configuration, or continue one, and follow it to its end. Ctrl-C ends the following only (exit code 130).',
    'run my-run.yaml',
    'run my-run.yaml --id second-try --detach',
    'run my-run.yaml --rounds 4    # a finished run goes on for more rounds',
  )
    .argument('<config>', 'configuration file, YAML or JSON')
    .option('--id <id>', "the run's key, its workflow id (default: the configuration's name)")
    .option('--rounds <n>', 'rounds in all, instead of those of the configuration', wholeNumber())
    .option('--detach', 'start only, and do not follow')
    .option(...JSON_OPTION)
    .action(run);
}

async function run(file: string, { id: asked, rounds, detach = false, json = false }: Options): Promise<void> {
  const config = await loadConfig(file);
  const id = asked ?? config.name;
  const address = findTemporal();
  const tell = json ? note : say;
  await withClient(address, async (client) => {
    const begun = await startRun(client, id, { config, ...(rounds === undefined ? {} : { rounds }) });
    tell(
      begun === 'started'
        ? `Run ${id} is started.`
        : `Run ${id} is running already, with the configuration that it was started with: ${file} was not used. Another --id starts another run.`,
    );
    const page = pageOf(address, id);
    if (page) tell(page);
    if (!(await hasWorkers(client)))
      note('No worker polls the task queue "flywheel", so nothing happens yet. Start one: npx flywheel worker');
    if (detach) {
      if (json) sayJson({ run: id, started: begun === 'started' });
      else
        say(
          `Follow it: npx flywheel run ${file}${asked ? ` --id ${asked}` : ''}, or look at it: npx flywheel status ${id}`,
        );
      return;
    }
    const progress = await follow(client, id, json);
    if (!progress) return;
    if (json) sayJson(progress);
    else say(standings(progress));
  });
}

/** Follows a run on the terminal; null when Ctrl-C ended that. */
async function follow(client: Client, id: string, json: boolean): Promise<Progress | null> {
  const view = createProgressView({ quiet: json });
  const { signal, release } = stopSignal();
  try {
    return await followRun(client, id, { onProgress: view.show, onTrouble: view.trouble, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    view.end();
    note(
      `No longer following; the run ${id} goes on. Look at it: npx flywheel status ${id}. Stop it: npx flywheel pause ${id} or npx flywheel cancel ${id}`,
    );
    process.exitCode = INTERRUPTED;
    return null;
  } finally {
    view.end();
    release();
  }
}

function pageOf({ uiUrl, namespace }: TemporalAddress, id: string): string | null {
  return uiUrl === null ? null : `Temporal UI: ${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}`;
}
