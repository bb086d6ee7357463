import type { Command } from 'commander';
import { ratingText } from '../../../workflows/progress';
import type { Progress } from '../../../workflows/types';
import { messageOf } from '../../errors';
import { listRuns } from '../../store/runs';
import { findDatabase, findTemporal, withClient, withDatabase } from '../connect';
import { continueHint } from '../../operating/continue-hint';
import { CommandFailure } from '../failure';
import { findRun } from '../find-run';
import { lookAt, type Look } from '../../operating/look';
import { describedCommand, JSON_OPTION } from '../options';
import { colours, note, say, sayJson, table } from '../output';
import { runScreen } from '../run-screen';
import { runSummary } from '../../operating/run-summary';
import { standings } from '../standings';
import { follow } from '../start-and-follow';
import { storedProgress } from '../../operating/stored-progress';

export function statusCommand(): Command {
  return describedCommand(
    'status',
    'List all runs, or tell where one stands; --watch follows it, and Ctrl-C ends the watching only.',
    'status',
    'status my-run --watch',
    'status my-run --json',
  )
    .argument('[run]', "a run's id")
    .option('--watch', 'follow the run to its end, drawn over on a terminal (the newest run where none is named)')
    .option(...JSON_OPTION)
    .action(async (run: string | undefined, { watch = false, json = false }: { watch?: boolean; json?: boolean }) => {
      if (watch) await watchOne(run ?? (await newest()), json);
      else if (run === undefined) await listAll(json);
      else await tellOne(run, json);
    });
}

async function listAll(json: boolean): Promise<void> {
  const runs = (await withDatabase(findDatabase(), listRuns)).map(runSummary);
  if (json) sayJson({ runs });
  else if (runs.length === 0)
    say('There is no run yet. Start one: npx flywheel run CONFIG, or see one: npx flywheel demo');
  else
    say(
      table(
        [
          'run',
          'status',
          'next',
          { name: 'steps', numbers: true },
          'model',
          { name: 'rating (95% interval)', numbers: true },
        ],
        runs.map(({ run, status, next, steps, model, rating }) => [
          run,
          status,
          next ?? '',
          String(steps),
          model ?? '',
          rating ? ratingText(rating) : '',
        ]),
      ),
    );
}

async function newest(): Promise<string> {
  return (await withDatabase(findDatabase(), (pool) => findRun(pool, undefined))).id;
}

/** Follows an open run; one that is closed is told as it stands. With `json` the document comes at the end. */
async function watchOne(run: string, json: boolean): Promise<void> {
  const look = await lookIfUp(run);
  if (look.state !== 'open') return tellOne(run, json);
  const progress = await withClient(findTemporal(), (client) => follow(client, run, json));
  if (!progress) return;
  if (json) sayJson(progress);
  else say(standings(progress));
}

async function tellOne(run: string, json: boolean): Promise<void> {
  const look = await lookIfUp(run);
  const live = look.state === 'open' || look.state === 'completed' ? look.progress : null;
  const progress = live ?? (await fromDatabase(run, look));
  if (json) sayJson(progress);
  else say(runScreen(progress, { columns: process.stdout.columns ?? 100, paint: colours() }).join('\n'));
}

/** The workflow's own view; where no server answers, only the reason. */
async function lookIfUp(run: string): Promise<Look> {
  try {
    return await withClient(findTemporal(), (client) => lookAt(client, run));
  } catch (error) {
    return { state: 'none', progress: null, trouble: messageOf(error) };
  }
}

async function fromDatabase(run: string, { state, trouble }: Look): Promise<Progress> {
  const stored = await withDatabase(findDatabase(), (pool) => storedProgress(pool, run));
  if (!stored)
    throw new CommandFailure(
      trouble && state === 'open' ? trouble : `There is no run ${run}. List the runs: npx flywheel status`,
    );
  if (trouble) note(trouble);
  if (state === 'open' || stored.status === 'done') return stored;
  const isClosed = state !== 'none' && state !== 'completed';
  return {
    ...stored,
    status: 'paused',
    step: isClosed ? `closed (${state})` : stored.step,
    nextAction: `${continueHint(run)} continues it`,
  };
}
