import type { Outcome } from '../arena/outcome';

/** How two judges decided the same battles, and how many of these there are. */
export interface JointOutcome {
  evaluation: Outcome;
  data: Outcome;
  battles: number;
}

/** How far two judges agree on the battles that both could read. */
export interface JudgeAgreement {
  evaluation: string;
  data: string;
  battles: number;
  agreed: number;
  /** Share of the battles with the same outcome: win, loss, or tie. */
  share: number;
  /** Cohen's kappa: agreement beyond chance, 1 at most; null where chance alone would agree always. */
  kappa: number | null;
}

type Decision = 'win' | 'loss' | 'tie';

/** As Zheng et al. 2023 (arXiv 2306.05685) count: a judge that contradicts itself has seen no winner. */
function decisionOf(outcome: Outcome): Decision | null {
  if (outcome === 'inconsistent') return 'tie';
  return outcome === 'invalid' || outcome === 'failed' ? null : outcome;
}

/**
 * Agreement of two judges over win, loss and tie. Each battle counts from both sides, once as a win and once as a loss, so
 * that kappa does not depend on which player happens to be named first. Null without a battle that both could read.
 * Kappa: Cohen 1960, Educational and Psychological Measurement 20(1), (p_o - p_e) / (1 - p_e).
 */
export function judgeAgreement(
  { evaluation, data }: Pick<JudgeAgreement, 'evaluation' | 'data'>,
  joint: readonly JointOutcome[],
): JudgeAgreement | null {
  const ties = { evaluation: 0, data: 0 };
  let battles = 0;
  let agreed = 0;
  for (const row of joint) {
    const [one, two] = [decisionOf(row.evaluation), decisionOf(row.data)];
    if (one === null || two === null) continue;
    battles += row.battles;
    if (one === two) agreed += row.battles;
    if (one === 'tie') ties.evaluation += row.battles;
    if (two === 'tie') ties.data += row.battles;
  }
  if (battles === 0) return null;
  const share = agreed / battles;
  const [tieOne, tieTwo] = [ties.evaluation / battles, ties.data / battles];
  // Seen from both sides, what is no tie is half a win and half a loss for each judge.
  const chance = tieOne * tieTwo + ((1 - tieOne) * (1 - tieTwo)) / 2;
  return { evaluation, data, battles, agreed, share, kappa: chance === 1 ? null : (share - chance) / (1 - chance) };
}
