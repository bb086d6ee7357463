import { Option, type Command } from 'commander';
import type { Pool } from 'pg';
import type { LeaderboardBody } from '../../../activities/rating';
import type { StyleTable } from '../../arena/style';
import type { RatedModel, RatingTable } from '../../arena/types';
import { judgeParty } from '../../models/roster';
import { ratingsCsv, styleCsv } from '../../report/csv';
import type { JudgeRole } from '../../report/document';
import { markdownTable } from '../../report/markdown';
import { gamesBehind, refitted, styled } from '../../report/refit';
import { coefficientTable, ratingsTable, styleTable, type Table } from '../../report/tables';
import { shellWord } from '../../shell-word';
import { leaderboardsOf, type PublishedBoard } from '../../store/results';
import type { Run } from '../../store/runs';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { findRun } from '../find-run';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson, table } from '../output';

interface Options {
  judge: JudgeRole;
  label?: string;
  category?: string;
  withStyle?: boolean;
  format: 'table' | 'csv' | 'markdown' | 'json';
  json?: boolean;
}

type Board = PublishedBoard<LeaderboardBody>;

/** What is shown: a table as it was published, or fitted anew from the games behind it. */
interface View {
  run: Run;
  board: Board;
  ratings: RatingTable;
  style: StyleTable | null;
}

export function leaderboardCommand(): Command {
  return describedCommand(
    'leaderboard',
    "Show a run's ratings with their intervals, as published last.",
    'leaderboard',
    'leaderboard my-run --label r1-dpo-a1 --format csv > r1-dpo.csv',
    'leaderboard my-arena --category coding --with-style',
  )
    .argument('[run]', "a run's id (default: the newest run)")
    .addOption(new Option('--judge <judge>', 'whose games').choices(['evaluation', 'data']).default('evaluation'))
    .option('--label <label>', 'the table as published after one step, such as I0 or r1-sft-a1 (default: the newest)')
    .option('--category <name>', 'by the games on prompts of one category alone, fitted anew')
    .option('--with-style', 'at equal length, headers, lists and bold, beside the ratings as judged; fitted anew')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'markdown', 'json']).default('table'),
    )
    .option(...JSON_OPTION)
    .action(leaderboard);
}

async function leaderboard(id: string | undefined, options: Options): Promise<void> {
  const view = await withDatabase(findDatabase(), (pool) => viewOf(pool, id, options));
  const { ratings, style } = view;
  if (options.json === true || options.format === 'json') sayJson(documentOf(view, options));
  else if (options.format === 'csv') say(style ? styleCsv(style) : ratingsCsv(ratings.models));
  else if (options.format === 'markdown') say(tablesOf(view).map(markdownTable).join('\n\n'));
  else present(view, options);
}

async function viewOf(pool: Pool, id: string | undefined, options: Options): Promise<View> {
  const { judge, label, withStyle = false } = options;
  const category = options.category ?? null;
  const run = await findRun(pool, id);
  const board = choose(await leaderboardsOf<LeaderboardBody>(pool, run.id), run.id, judge, label);
  const published = board.body.table;
  if (category === null && !withStyle) return { run, board, ratings: published, style: null };
  const games = await gamesBehind(pool, run, { label: board.label, judge, category });
  const players = published.models.map(({ model }) => model);
  return {
    run,
    board,
    ratings: category === null ? published : refitted(games, players),
    style: withStyle ? await styled(pool, games) : null,
  };
}

function documentOf({ run, board, ratings, style }: View, options: Options) {
  const { label, round, stage, attempt, body } = board;
  const category = options.category ?? null;
  return {
    ...{ run: run.id, label, judge: options.judge, round, stage, attempt, category },
    model: body.model,
    // The paired difference is of all games.
    difference: category === null ? body.difference : null,
    ...ratings,
    ...(style ? { style } : {}),
  };
}

function tablesOf({ ratings, style }: View): Table[] {
  return style ? [styleTable(style), coefficientTable(style)] : [ratingsTable(ratings.models)];
}

function present(view: View, { judge, category }: Options): void {
  const { run, board, ratings } = view;
  const { model, difference } = board.body;
  const which = category === undefined ? board.label : `${board.label}, category ${category}`;
  say(`${run.id}, ${which}: ${whoseGames(run, judge)}\n`);
  say(tablesOf(view).map(drawn).join('\n\n'));
  if (model !== null && difference && category === undefined) say(`\n${inWords(model, difference)}`);
  for (const warning of ratings.warnings) note(warning);
}

function drawn({ columns, rows }: Table): string {
  return table(
    columns.map(({ name, numbers }) => (numbers ? { name, numbers } : name)),
    rows,
  );
}

function choose(boards: readonly Board[], run: string, judge: Options['judge'], label: string | undefined): Board {
  const ofJudge = boards.filter((board) => board.judge === judge);
  const board = ofJudge.findLast((one) => (label === undefined ? !one.superseded : one.label === label));
  if (board) return board;
  const labels = ofJudge.map((one) => one.label);
  if (labels.length > 0)
    throw new CommandFailure(`The run ${run} has no leaderboard ${label}. It has: ${labels.join(', ')}`);
  throw new CommandFailure(
    boards.length === 0
      ? `The run ${run} has no leaderboard yet: the first comes with round 0. Where it stands: npx flywheel status ${shellWord(run)}`
      : `The run ${run} was not rated by the ${judge} judge; set evaluation.dataJudge before a run's start for that.`,
  );
}

/** A table says so where the judge that selected the data also scored. */
function whoseGames({ config }: Run, judge: Options['judge']): string {
  if (config.evaluation.judge === null)
    return `rated by the judge that selects the data (${judgeParty(config.judge).name}), because the run has no evaluation judge`;
  return judge === 'data'
    ? `rated by the data judge (${judgeParty(config.judge).name})`
    : `rated by the evaluation judge (${judgeParty(config.evaluation.judge).name})`;
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
