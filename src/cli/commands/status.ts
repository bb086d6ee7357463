import type { Command } from 'commander';
import { ratingText, renderProgress } from '../../../workflows/progress';
import type { Progress } from '../../../workflows/types';
import { messageOf } from '../../errors';
import { listRuns } from '../../store/runs';
import { findDatabase, findTemporal, withClient, withDatabase } from '../connect';
import { continueHint } from '../continue-hint';
import { CommandFailure } from '../failure';
import { lookAt, type Look } from '../look';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson, table } from '../output';
import { runSummary } from '../run-summary';
import { storedProgress } from '../stored-progress';

export function statusCommand(): Command {
  return describedCommand(
    'status',
    'List all runs, or tell where one stands.',
    'status',
    'status my-run',
    'status my-run --json',
  )
    .argument('[run]', "a run's id")
    .option(...JSON_OPTION)
    .action((run: string | undefined, { json = false }: { json?: boolean }) =>
      run === undefined ? listAll(json) : tellOne(run, json),
    );
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

async function tellOne(run: string, json: boolean): Promise<void> {
  const look = await lookIfUp(run);
  const live = look.state === 'open' || look.state === 'completed' ? look.progress : null;
  const progress = live ?? (await fromDatabase(run, look));
  if (json) sayJson(progress);
  else say(renderProgress(progress).split('\n').slice(1, -1).join('\n'));
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
