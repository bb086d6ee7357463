import type { Pool } from 'pg';
import { clustered, share, type Measure } from '../../judge/audit/clustered';
import { lengthBias } from '../../judge/audit/length';
import { judgementsOf } from '../../judge/audit/of-run';
import { positionBias } from '../../judge/audit/position';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { namesOf } from '../../report/counts';
import type { JudgeRole } from '../../report/document';
import { judgedBattles } from '../../store/audit';
import { arenasOfRun } from '../../store/battle-pages';
import type { Run } from '../../store/runs';

/** What a run's own battles tell of a judge, without anybody else's votes. Intervals are by prompt. */
export interface JudgeProfile {
  battles: number;
  /** Of the prompts that were looked at, in a thousand: a sample where the run is large. */
  perMille: number;
  /** Share of the readable battles whose two games name different winners. */
  inconsistent: Measure;
  /** What being shown first is worth: mean score less one half. */
  firstShown: Measure;
  /** Share of the decided battles that the longer answer won. */
  longerWins: Measure;
  /** Log odds of an answer of twice the length. */
  lengthSlope: Measure;
  invalid: Measure;
}

/** So many battles are read whole: with the lengths of their answers they take a few seconds. */
const MOST_BATTLES = 40_000;

export async function judgeProfile(pool: Pool, run: Run, role: JudgeRole): Promise<JudgeProfile> {
  const { id } = judgeParty(role === 'data' ? run.config.judge : evaluationJudge(run.config));
  const size = (await arenasOfRun(pool, run.id)).reduce((sum, arena) => sum + (arena.judge === id ? arena.size : 0), 0);
  const perMille = Math.min(1000, Math.ceil((1000 * MOST_BATTLES) / Math.max(1, size)));
  const judgements = judgementsOf(await judgedBattles(pool, run.id, id, perMille), await namesOf(pool, run));
  const position = positionBias(judgements);
  const length = lengthBias(judgements);
  return {
    battles: judgements.length,
    perMille,
    inconsistent: position.inconsistent,
    firstShown: position.advantage,
    longerWins: length.longerWins,
    lengthSlope: length.slope,
    invalid: clustered(
      judgements.map(({ question, outcome }) => ({ question, sums: [1, outcome === 'invalid' ? 1 : 0] as const })),
      share,
    ),
  };
}
