import type { z } from '@hono/zod-openapi';
import { champion } from '../../../workflows/steps';
import type { FlywheelState } from '../../../workflows/types';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { namesOf } from '../../report/counts';
import { arenasOfRun } from '../../store/battle-pages';
import { comparedCounts, comparedPage } from '../../store/compared';
import { newestRunIds, type Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import type { Compare, compareQuery } from '../schemas/compare';
import { playerNamed, soonOfRuns, storedRun } from './of-run';
import { textOf } from './text';

const COUNTS_MS = 30_000;
/** Characters of each answer in a list. */
const LISTED = 4000;

/** Runs that the page offers; older ones are named in its address. */
const MOST_RUNS = 200;

/** Old and new answer to the same prompts, of two models of a run or of two runs. */
export async function readCompare(
  deps: DashboardDeps,
  id: string,
  query: z.infer<typeof compareQuery>,
): Promise<Compare> {
  const { pool } = deps;
  const run = await storedRun(deps, id);
  const other = query.with === undefined || query.with === id ? run : await storedRun(deps, query.with);
  const [fresh, old] = [await sideOf(deps, run), await sideOf(deps, other)];
  const isOne = other === run;
  const newest = query.new ?? unlike(fresh, fresh.last, query.old === undefined ? null : old.idOf(query.old));
  const chosen = {
    old: query.old ?? unlike(old, isOne ? old.first : old.last, fresh.idOf(newest)),
    new: newest,
  };
  const sides = {
    old: old.idOf(chosen.old),
    new: fresh.idOf(chosen.new),
    arenas: [...new Set([...fresh.arenas, ...old.arenas])],
  };
  const [page, summary, runs] = await Promise.all([
    comparedPage(pool, sides, { verdict: query.verdict ?? null, after: query.after ?? '', limit: query.limit }),
    soonOfRuns(deps, [run, other], `compared ${JSON.stringify([sides.old, sides.new, sides.arenas.length])}`, {
      compute: () => comparedCounts(pool, sides),
      staleMs: COUNTS_MS,
    }),
    newestRunIds(pool, MOST_RUNS),
  ]);
  return {
    runs: [...new Set([...runs, id, other.id])],
    models: { old: old.names, new: fresh.names },
    ...chosen,
    with: other.id,
    players: { old: sides.old, new: sides.new },
    rows: page.rows.map(({ oldText, newText, oldPoints, newPoints, direct, ...row }) => ({
      ...row,
      old: { text: textOf(oldText, LISTED), points: direct === null ? oldPoints : 1 - direct },
      new: { text: textOf(newText, LISTED), points: direct ?? newPoints },
      by: direct !== null ? ('direct' as const) : newPoints !== null ? ('opponents' as const) : ('none' as const),
    })),
    next: page.next,
    summary,
  };
}

type Side = Awaited<ReturnType<typeof sideOf>>;

/** The preferred model of a side; where that is the player on the other side, a competitor stands in: nobody is compared with itself. */
function unlike({ names, competitors, players }: Side, preferred: string, other: string | null): string {
  return (
    [preferred, ...competitors, ...names].find((name) => players.has(name) && players.get(name) !== other) ?? preferred
  );
}

/** The models of a run, those of its own first, and the arenas of its evaluation judge. */
async function sideOf({ pool }: DashboardDeps, run: Run) {
  const names = await namesOf(pool, run);
  const players = new Map([...names].map(([id, name]) => [name, id]));
  const state = run.state as FlywheelState | null;
  const judge = judgeParty(evaluationJudge(run.config)).id;
  const competitors = run.config.competitors.map((one) => one.id);
  const own = [...names.values()].filter((name) => !competitors.includes(name));
  const arenas = (await arenasOfRun(pool, run.id)).filter(
    (arena) => arena.judge === judge && arena.purpose !== 'training',
  );
  const all = [...own, ...competitors];
  return {
    names: all,
    competitors,
    players,
    first: all[0] ?? '',
    last:
      (state && state.finished.length > 0 && own.length > 0 ? champion(state).label : null) ?? all[1] ?? all[0] ?? '',
    arenas: arenas.map((arena) => arena.id),
    idOf: (name: string) => playerNamed(names, run.id, name),
  };
}
