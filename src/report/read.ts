import type { Pool } from 'pg';
import type { LeaderboardBody } from '../../activities/rating';
import { leaderboardsOf } from '../store/results';
import type { Run } from '../store/runs';
import { judgeAgreement } from './agreement';
import { arenasOf, newestBoard } from './arenas';
import { battleGroups, jointOutcomes, judgeOf, namesOf, spendByParty } from './counts';
import type { JudgeRole, Report } from './document';
import { efficiencyOf } from './efficiency';
import { judgeConsistency, pairOutcomes } from './outcomes';
import { readStory } from './story';

/** Reads a run's newest leaderboard with all that a report tells of it; null where it has none yet. */
export async function readReport(pool: Pool, run: Run): Promise<Report | null> {
  const { id } = run;
  const board = newestBoard(run, await leaderboardsOf<LeaderboardBody>(pool, id));
  if (!board) return null;
  const { table, difference, model } = board.body;
  const arenas = await arenasOf(pool, run, board.label);
  const names = await namesOf(pool, run);
  const order = table.models.map((one) => one.model);
  const roles: JudgeRole[] = arenas.data.length > 0 ? ['evaluation', 'data'] : ['evaluation'];
  const judged = await Promise.all(
    roles.map(async (role) => ({
      role,
      judge: await judgeOf(pool, arenas[role]),
      groups: await battleGroups(pool, arenas[role], names),
    })),
  );
  const [evaluation, data] = judged;
  return {
    run: id,
    label: board.label,
    judge: {
      name: evaluation?.judge ?? '',
      heldOut: run.config.evaluation.judge !== null,
      trains: run.config.rounds > 0,
    },
    table,
    difference: model !== null && difference ? { ...difference, model } : null,
    pairs: pairOutcomes(evaluation?.groups ?? [], order),
    judges: judged.map(({ role, judge, groups }) => judgeConsistency(judge, role, groups)),
    agreement:
      evaluation && data
        ? judgeAgreement({ evaluation: evaluation.judge, data: data.judge }, await jointOutcomes(pool, arenas))
        : null,
    spend: await spendByParty(pool, id, names),
    efficiency: await efficiencyOf(pool, id),
    story: await readStory(pool, run),
  };
}
