import { Option, type Command } from 'commander';
import type { Pool } from 'pg';
import type { LeaderboardBody } from '../../../activities/rating';
import type { RatedModel } from '../../arena/types';
import { leaderboardsOf, type Leaderboard } from '../../store/results';
import { listRuns, loadRun, type Run } from '../../store/runs';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson } from '../output';
import { ratingsCsv, ratingsMarkdown, ratingsTable } from '../ratings';

interface Options {
  judge: 'evaluation' | 'data';
  label?: string;
  format: 'table' | 'csv' | 'markdown' | 'json';
  json?: boolean;
}

type Board = Leaderboard<LeaderboardBody>;

export function leaderboardCommand(): Command {
  return describedCommand(
    'leaderboard',
    "Show a run's ratings with their intervals, as published last.",
    'leaderboard',
    'leaderboard my-run --label r1-dpo-a1 --format csv > r1-dpo.csv',
  )
    .argument('[run]', "a run's id (default: the newest run)")
    .addOption(new Option('--judge <judge>', 'whose games').choices(['evaluation', 'data']).default('evaluation'))
    .option('--label <label>', 'the table as published after one step, such as I0 or r1-sft-a1 (default: the newest)')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'markdown', 'json']).default('table'),
    )
    .option(...JSON_OPTION)
    .action(leaderboard);
}

async function leaderboard(id: string | undefined, { judge, label, format, json = false }: Options): Promise<void> {
  const { run, board } = await withDatabase(findDatabase(), async (pool) => {
    const found = await findRun(pool, id);
    return { run: found, board: choose(await leaderboardsOf<LeaderboardBody>(pool, found.id), found.id, judge, label) };
  });
  const { table, difference, model } = board.body;
  if (json || format === 'json') {
    sayJson({
      run: run.id,
      label: board.label,
      judge,
      round: board.round,
      stage: board.stage,
      attempt: board.attempt,
      model,
      difference,
      ...table,
    });
    return;
  }
  if (format !== 'table') {
    say((format === 'csv' ? ratingsCsv : ratingsMarkdown)(table.models));
    return;
  }
  say(`${run.id}, ${board.label}: ${whoseGames(run, judge)}\n`);
  say(ratingsTable(table.models));
  if (model !== null && difference) say(`\n${inWords(model, difference)}`);
  for (const warning of table.warnings) note(warning);
}

async function findRun(pool: Pool, id: string | undefined): Promise<Run> {
  const run = id === undefined ? (await listRuns(pool))[0] : await loadRun(pool, id);
  if (run) return run;
  throw new CommandFailure(
    id === undefined
      ? 'There is no run yet. Start one: npx flywheel run CONFIG'
      : `There is no run ${id}. List the runs: npx flywheel status`,
  );
}

function choose(boards: readonly Board[], run: string, judge: Options['judge'], label: string | undefined): Board {
  const ofJudge = boards.filter((board) => board.judge === judge);
  const board = ofJudge.findLast((one) => label === undefined || one.label === label);
  if (board) return board;
  const labels = ofJudge.map((one) => one.label);
  if (labels.length > 0)
    throw new CommandFailure(`The run ${run} has no leaderboard ${label}. It has: ${labels.join(', ')}`);
  throw new CommandFailure(
    boards.length === 0
      ? `The run ${run} has no leaderboard yet: the first comes with round 0. Where it stands: npx flywheel status ${run}`
      : `The run ${run} was not rated by the ${judge} judge; set evaluation.dataJudge before a run's start for that.`,
  );
}

/** A table says so where the judge that selected the data also scored. */
function whoseGames({ config }: Run, judge: Options['judge']): string {
  if (config.evaluation.judge === null)
    return `rated by the judge that selects the data (${config.judge.model}), because the run has no evaluation judge`;
  return judge === 'data'
    ? `rated by the data judge (${config.judge.model})`
    : `rated by the evaluation judge (${config.evaluation.judge.model})`;
}

/** The paired difference to the champion, and what it shows. */
export function inWords(
  model: string,
  {
    champion,
    difference,
    lower,
    upper,
  }: Pick<RatedModel, 'lower' | 'upper'> & { champion: string; difference: number },
): string {
  const side = difference < 0 ? 'below' : 'above';
  const interval = `95% interval of the difference: ${end(lower, 'no lower limit')} to ${end(upper, 'no upper limit')}`;
  const shown =
    lower !== null && lower > 0
      ? 'shown better'
      : upper !== null && upper < 0
        ? 'shown worse'
        : 'neither shown better nor worse';
  return `${model} is ${Math.abs(difference).toFixed(0)} points ${side} the champion ${champion} on the same prompts (${interval}): ${shown}.`;
}

function end(value: number | null, open: string): string {
  return value === null ? open : value.toFixed(0);
}
