import type { LeaderboardBody } from '../../../activities/rating';
import { labelOf } from '../../../workflows/steps';
import type { Place } from '../../../workflows/types';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { judgeAgreement } from '../../report/agreement';
import { arenasOf, newestBoard } from '../../report/arenas';
import { jointOutcomes } from '../../report/counts';
import { outcomesByArena } from '../../store/audit';
import { leaderboardsOf } from '../../store/results';
import type { Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import type { JudgeRole } from '../schemas/common';
import type { Audit, Judges } from '../schemas/judges';
import { soonOfRuns, storedRun } from './of-run';

/** What a run's own battles tell of its judges; renewed while it still plays. */
const RENEWED_MS = 30_000;
type ArenaOutcomes = Extract<Judges['judges'][number]['arenas'], { state: 'ready' }>['value'];

export async function readJudges(deps: DashboardDeps, id: string): Promise<Judges> {
  const run = await storedRun(deps, id);
  const counted = <T>(what: string, compute: () => Promise<T>) =>
    soonOfRuns(deps, [run], what, { compute, staleMs: RENEWED_MS });
  const roles = rolesOf(run);
  const [byJudge, agreement, ...profiles] = await Promise.all([
    counted('outcomes', () => outcomesByJudge(deps, id)),
    counted('agreement', () => agreementOf(deps, run)),
    ...roles.map((role) => counted(`judge ${role}`, () => deps.heavy.ask('judge', { run: id, judge: role }))),
  ]);
  return {
    trains: run.config.rounds > 0,
    heldOut: run.config.evaluation.judge !== null,
    judges: roles.map((role, index) => {
      const config = role === 'data' ? run.config.judge : evaluationJudge(run.config);
      const party = judgeParty(config);
      const { template } = config;
      return {
        role,
        name: party.name,
        template: typeof template === 'string' ? template : template.name,
        profile: profiles[index] ?? { state: 'pending' as const },
        arenas:
          byJudge.state === 'ready' ? { state: 'ready' as const, value: byJudge.value.get(party.id) ?? [] } : byJudge,
      };
    }),
    agreement,
  };
}

/** Those that have a part in the run: an arena that a judge of its own rates asks the data judge only where both are wanted. */
function rolesOf({ config: { rounds, evaluation } }: Run): JudgeRole[] {
  if (evaluation.judge === null) return ['data'];
  return rounds > 0 || evaluation.dataJudge ? ['evaluation', 'data'] : ['evaluation'];
}

/** How each judge's battles ended, by arena; the newest last. */
async function outcomesByJudge({ pool }: DashboardDeps, run: string): Promise<Map<string, ArenaOutcomes>> {
  const judges = new Map<string, ArenaOutcomes>();
  for (const { arena, judge, purpose, outcome, battles, round, stage, attempt } of await outcomesByArena(pool, run)) {
    const arenas = judges.get(judge) ?? [];
    judges.set(judge, arenas);
    let row = arenas.find((one) => one.arena === arena);
    if (!row) {
      const label = labelOf({ round, stage: stage as Place['stage'], attempt });
      arenas.push((row = { arena, purpose, label, counts: {} }));
    }
    row.counts[outcome as keyof typeof row.counts] = battles;
  }
  return judges;
}

async function agreementOf({ pool }: DashboardDeps, run: Run) {
  const board = newestBoard(run, await leaderboardsOf<LeaderboardBody>(pool, run.id));
  if (!board || run.config.evaluation.judge === null) return null;
  const arenas = await arenasOf(pool, run, board.label);
  if (arenas.data.length === 0) return null;
  const names = {
    evaluation: judgeParty(run.config.evaluation.judge).name,
    data: judgeParty(run.config.judge).name,
  };
  return judgeAgreement(names, await jointOutcomes(pool, arenas));
}

/** A run's judge beside human votes: seconds on a large run, so the thread beside the server does it. */
export async function readAudit(deps: DashboardDeps, id: string, role: JudgeRole, votes: string): Promise<Audit> {
  await storedRun(deps, id);
  return deps.heavy.ask('audit', { run: id, judge: role, votes });
}
