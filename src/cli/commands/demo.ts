import { join } from 'node:path';
import type { Command } from 'commander';
import type { Pool } from 'pg';
import { startDashboard, type RunningDashboard } from '../../dashboard/server';
import { demoName, type DemoOptions } from '../../demo/config';
import { prepareDemo } from '../../demo/prepare';
import { demoResult, type DemoResult } from '../../demo/results';
import { homePaths, type HomePaths } from '../../embedded/paths';
import { addDashboard } from '../../embedded/up-file';
import { loadRun } from '../../store/runs';
import { TASK_QUEUE } from '../../../workflows/queues';
import { startWorker } from '../../worker';
import { withClient, withDatabase } from '../connect';
import { demoReport } from '../demo/report';
import { followRun } from '../follow';
import { openBrowser } from '../open-browser';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { note, say, sayJson } from '../output';
import { startParts, type Parts } from '../parts';
import { createProgressView } from '../progress-view';
import { stopSignal } from '../stop-signal';

interface Options extends DemoOptions {
  again?: boolean;
  /** Whether the browser is opened on the dashboard. */
  open: boolean;
  json?: boolean;
}

export function demoCommand(): Command {
  return describedCommand(
    'demo',
    'Turn a real flywheel on embedded parts: a tiny language model fights scripted players, learns from its losses by SFT, DPO and PPO, and is rated again. The same command goes on where it stopped.',
    'demo',
    'demo --rounds 3 --seed 1',
    'demo --overoptimise',
  )
    .option('--rounds <n>', 'rounds of battles and training', wholeNumber(1), 2)
    .option('--seed <n>', 'another seed: its own base model, prompts and training', wholeNumber(), 0)
    .option('--overoptimise', 'one round with a PPO that games the data judge: the gate keeps its parent')
    .option('--no-open', 'do not open the browser on the dashboard')
    .option('--again', 'play a new demo even if this one is complete')
    .option(...JSON_OPTION)
    .action(demo);
}

async function demo({ again, json, open, ...options }: Options): Promise<void> {
  const chosen: DemoOptions = options.overoptimise ? { ...options, rounds: 1 } : options;
  const tell = json ? note : say;
  const paths = homePaths();
  const { stopped, signal, release } = stopSignal();
  const parts = await startParts({ say: tell, paths });
  let dashboard: RunningDashboard | null = null;
  try {
    const run = await withDatabase(parts, (pool) => runId(pool, demoName(chosen), again === true));
    const done = await withDatabase(parts, (pool) => completed(pool, run));
    const show = async () => {
      const { artifacts, artifactsS3 } = paths;
      dashboard = await startDashboard({ ...parts, artifacts, artifactsS3 });
      addDashboard(dashboard.url, paths.upFile);
      const url = `${dashboard.url}/runs/${encodeURIComponent(run)}`;
      tell(`Dashboard: ${url}`);
      if (open && !json) openBrowser(url);
    };
    if (!done)
      await Promise.race([play(run, chosen, parts, paths, tell, signal, json === true, show), parts.lost, stopped]);
    const result = await withDatabase(parts, (pool) => demoResult(pool, run));
    if (signal.aborted || !result) {
      tell('\nStopped; all that was played and trained is stored. The same command goes on from there.');
      return;
    }
    if (json) sayJson(result);
    else present(result, parts, paths, done);
    // Somebody at a terminal may want to look around; a script goes on.
    if (json || !process.stdout.isTTY) return;
    if (done) await show();
    say('\nThe dashboard stays until Ctrl-C.');
    await Promise.race([parts.lost, stopped]);
  } finally {
    await (dashboard as RunningDashboard | null)?.close();
    await parts.stop();
    release();
  }
}

/** The run's id; with --again the first one that is not used yet. */
async function runId(pool: Pool, name: string, again: boolean): Promise<string> {
  if (!again) return name;
  for (let number = 2; ; number++) if (!(await isStored(pool, `${name}-${number}`))) return `${name}-${number}`;
}

async function isStored(pool: Pool, run: string): Promise<boolean> {
  return (await storedRun(pool, run)) !== null;
}

/** A run as stored; none in a database that no worker has used yet. */
async function storedRun(pool: Pool, run: string) {
  const { rows } = await pool.query<{ there: boolean }>(`select to_regclass('runs') is not null as there`);
  return rows[0]?.there ? loadRun(pool, run) : null;
}

async function completed(pool: Pool, run: string): Promise<boolean> {
  return (await storedRun(pool, run))?.status === 'done';
}

/** Prepares, starts or joins the run, and follows it to its end. */
async function play(
  run: string,
  options: DemoOptions,
  parts: Parts,
  paths: HomePaths,
  tell: (line: string) => void,
  signal: AbortSignal,
  quiet: boolean,
  show: () => Promise<void>,
): Promise<void> {
  const defaults = await withDatabase(parts, (db) => prepareDemo({ ...options, paths, db, say: throttled(tell) }));
  if (signal.aborted) return;
  const worker = await startWorker({ ...parts, paths, defaults });
  try {
    await show();
    if (parts.uiUrl)
      tell(
        `Temporal UI: ${parts.uiUrl}/namespaces/${parts.namespace}/workflows/${run} (its User Metadata tab shows how the run stands)`,
      );
    tell(
      'The players and judges are scripted (the sandbox); the model, its training, the ratings, Temporal and Postgres are real.\n',
    );
    await withClient(parts, async (client) => {
      await client.workflow.start('flywheel', {
        workflowId: run,
        taskQueue: TASK_QUEUE,
        args: [{}],
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      const view = createProgressView({ quiet });
      try {
        await followRun(client, run, { signal, onProgress: view.show, onTrouble: view.trouble });
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        view.end();
      }
    });
  } finally {
    await worker.stop();
  }
}

/** Lines about the same work, which differ by their numbers only, are told every ten seconds. */
function throttled(tell: (line: string) => void): (line: string) => void {
  let last = { work: '', at: 0 };
  return (line) => {
    const work = line.replace(/\d+/g, '');
    if (work === last.work && performance.now() - last.at < 10_000) return;
    last = { work, at: performance.now() };
    tell(line);
  };
}

function present(result: DemoResult, { uiUrl, namespace }: Parts, paths: HomePaths, wasComplete: boolean): void {
  if (wasComplete) say(`This demo is complete; these are its results (--again plays a new one).`);
  say(demoReport(result));
  say(
    [
      '',
      'To look closer:',
      '  npx flywheel up                    starts the parts again; then',
      `  ${uiUrl ?? 'http://127.0.0.1:8233'}/namespaces/${namespace}/workflows/${result.run}`,
      `  npx flywheel leaderboard ${result.run}`,
      `  ${join(paths.artifacts, result.run)}   datasets with their lineage, jobs, checkpoints`,
    ].join('\n'),
  );
}
