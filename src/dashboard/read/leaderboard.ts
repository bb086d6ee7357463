import type { z } from '@hono/zod-openapi';
import type { LeaderboardBody } from '../../../activities/rating';
import type { RatingTable } from '../../arena/types';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { arenasOf, newestBoard } from '../../report/arenas';
import { battleGroups, namesOf } from '../../report/counts';
import { pairOutcomes } from '../../report/outcomes';
import { categoryCounts } from '../../store/battle-pages';
import { leaderboardsOf, type PublishedBoard } from '../../store/results';
import type { Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { NotThere } from '../route';
import type { Leaderboard, leaderboardQuery } from '../schemas/leaderboard';
import { storedRun } from './of-run';

export type BoardQuery = z.infer<typeof leaderboardQuery>;
type Board = PublishedBoard<LeaderboardBody>;

/** A leaderboard of a run as published, or the same games fitted anew. */
export async function readLeaderboard(deps: DashboardDeps, id: string, query: BoardQuery): Promise<Leaderboard> {
  const run = await storedRun(deps, id);
  const { boards, board } = await boardOf(deps, run, query);
  const { table, model, difference } = board.body;
  const category = query.category ?? null;
  const order = table.models.map((one) => one.model);
  const key = JSON.stringify([id, board.label, query.judge, board.attempt, category]);
  const arenas = async () => (await arenasOf(deps.pool, run, board.label))[query.judge];
  // All begin at once: each may take its moment.
  const [anew, categories, pairs] = await Promise.all([
    category !== null || query.style === '1' ? anewSoon(deps, run, board, query) : null,
    deps.soon.get(`categories ${key}`, async () => categoryCounts(deps.pool, await arenas())),
    deps.soon.get(`pairs ${key}`, async () =>
      pairOutcomes(await battleGroups(deps.pool, await arenas(), await namesOf(deps.pool, run), category), order),
    ),
  ]);
  return {
    run: id,
    boards: [...new Set(boards.map(({ label }) => label))].map((label) => ({
      label,
      judges: boards.filter((one) => one.label === label).map(({ judge }) => judge),
    })),
    label: board.label,
    judge: query.judge,
    judgeName: judgeParty(query.judge === 'data' ? run.config.judge : evaluationJudge(run.config)).name,
    heldOut: run.config.evaluation.judge !== null,
    trains: run.config.rounds > 0,
    category,
    categories,
    model,
    champion: difference?.champion ?? null,
    // The paired difference is of all games.
    difference: category === null ? difference : null,
    table:
      category === null || anew === null
        ? { state: 'ready', value: table }
        : anew.state === 'ready'
          ? { state: 'ready', value: anew.value.table ?? table }
          : anew,
    style:
      query.style === '0' || anew === null
        ? null
        : anew.state === 'ready' && anew.value.style
          ? { state: 'ready', value: anew.value.style }
          : anew.state === 'ready'
            ? null
            : anew,
    pairs,
  };
}

/** The ratings that a file holds; waits until they are fitted. */
export async function wholeBoard(deps: DashboardDeps, id: string, query: BoardQuery) {
  const run = await storedRun(deps, id);
  const { board } = await boardOf(deps, run, query);
  const isAnew = query.category !== undefined || query.style === '1';
  const anew = isAnew ? await deps.soon.whole(...anewQuestion(deps, run, board, query)) : null;
  const table: RatingTable = anew?.table ?? board.body.table;
  return { label: board.label, table, style: anew?.style ?? null };
}

function anewSoon(deps: DashboardDeps, run: Run, board: Board, query: BoardQuery) {
  return deps.soon.get(...anewQuestion(deps, run, board, query));
}

function anewQuestion({ heavy }: DashboardDeps, run: Run, board: Board, { judge, category, style }: BoardQuery) {
  const ask = {
    ...{ run: run.id, label: board.label, judge, category: category ?? null, style: style === '1' },
    players: board.body.table.models.map(({ model }) => model),
  };
  return [`board ${JSON.stringify(ask)}`, () => heavy.ask('board', ask)] as const;
}

async function boardOf(
  { pool }: DashboardDeps,
  run: Run,
  { judge, label }: BoardQuery,
): Promise<{ boards: Board[]; board: Board }> {
  const published = await leaderboardsOf<LeaderboardBody>(pool, run.id);
  // What a rollback abandoned is not offered: no settled games stand behind it.
  const boards = published.filter(({ superseded }) => !superseded);
  const ofJudge = boards.filter((board) => board.judge === judge);
  const newest = newestBoard(run, boards)?.label;
  const board =
    label === undefined
      ? (ofJudge.findLast((one) => one.label === newest) ?? ofJudge.at(-1))
      : ofJudge.findLast((one) => one.label === label);
  if (board) return { boards, board };
  if (published.some((one) => one.superseded && one.label === label))
    throw new NotThere(
      `A rollback abandoned ${label} of the run ${run.id}. Its table is kept: \`npx flywheel leaderboard\` shows it with --label ${label}.`,
    );
  throw new NotThere(
    boards.length === 0
      ? `The run ${run.id} has no leaderboard yet: the first comes when its start has been rated.`
      : label === undefined
        ? `The run ${run.id} was not rated by the ${judge} judge; set evaluation.dataJudge before a run's start for that.`
        : `The run ${run.id} has no leaderboard ${label} by the ${judge} judge.`,
  );
}
