import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeaderboardBody } from '../../../activities/rating';
import { labelOf } from '../../../workflows/steps';
import type { Place } from '../../../workflows/types';
import { UserError } from '../../errors';
import { audit } from '../../judge/audit/audit';
import { judgementsOf, placeVotes } from '../../judge/audit/of-run';
import { readJudgements } from '../../judge/audit/read';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { judgeAgreement } from '../../report/agreement';
import { arenasOf, newestBoard } from '../../report/arenas';
import { jointOutcomes, namesOf } from '../../report/counts';
import { judgedBattles, outcomesByArena } from '../../store/audit';
import { loadPrompts } from '../../store/prompts';
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
  const roles: JudgeRole[] = run.config.evaluation.judge === null ? ['data'] : ['evaluation', 'data'];
  const [byJudge, agreement, ...profiles] = await Promise.all([
    counted('outcomes', () => outcomesByJudge(deps, id)),
    counted('agreement', () => agreementOf(deps, run)),
    ...roles.map((role) => counted(`judge ${role}`, () => deps.heavy.ask('judge', { run: id, judge: role }))),
  ]);
  return {
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

/** A run's judge beside human votes, which come as the text of a file in a form that `flywheel judge audit` reads. */
export async function auditVotes(deps: DashboardDeps, id: string, role: JudgeRole, votes: string): Promise<Audit> {
  const { pool } = deps;
  const run = await storedRun(deps, id);
  const human = await judgementsIn(votes);
  const party = judgeParty(role === 'data' ? run.config.judge : evaluationJudge(run.config));
  const battles = await judgedBattles(pool, id, party.id);
  const prompts = await loadPrompts(pool, [...new Set(battles.map(({ prompt }) => prompt))]);
  const placed = placeVotes(human.judgements, prompts.values());
  if (placed.votes.length === 0)
    throw new UserError(
      `None of the ${human.judgements.length} votes is on a prompt that ${party.name} judged in ${id}. Votes name prompts by question_id or prompt_id, as the prompts' source did, or hold their text.`,
    );
  const judgements = judgementsOf(battles, await namesOf(pool, run));
  const found = audit(placed.votes, judgements);
  return {
    judge: { name: party.name, judgements: judgements.length },
    human: { votes: placed.votes.length, elsewhere: placed.elsewhere, skipped: human.skipped },
    agreement: found.agreement,
    longerWins: { judge: found.length.longerWins, people: found.peopleLength.longerWins },
  };
}

/** The reader takes files of any size as streams; a vote file of a browser becomes one for a moment. */
async function judgementsIn(votes: string) {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-votes-'));
  try {
    const file = join(folder, 'votes');
    await writeFile(file, votes);
    return await readJudgements(file).catch((error: unknown) => {
      // The file's name is ours, and says nothing to whoever sent the votes.
      throw error instanceof Error ? new UserError(error.message.replaceAll(file, 'the votes')) : error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
