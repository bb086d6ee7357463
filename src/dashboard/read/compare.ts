import type { z } from '@hono/zod-openapi';
import { champion } from '../../../workflows/steps';
import type { FlywheelState } from '../../../workflows/types';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { namesOf } from '../../report/counts';
import { arenasOfRun } from '../../store/battle-pages';
import { comparedCounts, comparedPage } from '../../store/compared';
import { listRuns, type Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import type { Compare, compareQuery } from '../schemas/compare';
import { playerNamed, soonOfRuns, storedRun } from './of-run';
import { textOf } from './text';

const COUNTS_MS = 30_000;
/** Characters of each answer in a list. */
const LISTED = 4000;

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
  const chosen = {
    old: query.old ?? (other === run ? old.first : old.last),
    new: query.new ?? fresh.last,
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
    listRuns(pool),
  ]);
  return {
    runs: runs.map((one) => one.id),
    models: { old: old.names, new: fresh.names },
    ...chosen,
    with: other.id,
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

/** The models of a run, those of its own first, and the arenas of its evaluation judge. */
async function sideOf({ pool }: DashboardDeps, run: Run) {
  const names = await namesOf(pool, run);
  const state = run.state as FlywheelState | null;
  const judge = judgeParty(evaluationJudge(run.config)).id;
  const competitors = new Set(run.config.competitors.map((one) => one.id));
  const own = [...names.values()].filter((name) => !competitors.has(name));
  const arenas = (await arenasOfRun(pool, run.id)).filter(
    (arena) => arena.judge === judge && arena.purpose !== 'training',
  );
  const all = [...own, ...competitors];
  return {
    names: all,
    first: all[0] ?? '',
    last:
      (state && state.finished.length > 0 && own.length > 0 ? champion(state).label : null) ?? all[1] ?? all[0] ?? '',
    arenas: arenas.map((arena) => arena.id),
    idOf: (name: string) => playerNamed(names, run.id, name),
  };
}
