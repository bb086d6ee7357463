import { InputError } from './input-error';
import { studentQuantile } from './student-t';

/** One game of the candidate against its opponent. */
export interface GateGame {
  prompt: string;
  /** The candidate's share: 1 win, 0 loss, ½ tie. */
  score: number;
}

export interface GateStatistic {
  games: number;
  prompts: number;
  /** The candidate's mean score per game. */
  mean: number;
  /** Its standard error, clustered by prompt. */
  se: number;
}

export interface GateRule {
  /** not-worse: reject only what is shown worse; better: promote only what is shown better; ask: a person decides while it is open. */
  rule: 'not-worse' | 'better' | 'ask';
  /** not-worse: how far below ½ still passes. 0 ≤ margin ≤ ½, where every candidate passes. */
  margin: number;
  confidence: number;
}

export interface GateDecision {
  games: number;
  prompts: number;
  mean: number;
  lower: number;
  upper: number;
  decision: 'promote' | 'keep' | 'ask';
  /** What was decided and why, for people. */
  sentence: string;
}

/**
 * Mean game score and its cluster-robust standard error: √(P/(P-1) Σ_p (Σ_{i in p} (s_i - mean))²) / games.
 * The games of a prompt may depend on each other; prompts are independent.
 * Errors (InputError): fewer than two prompts, a score outside 0 … 1.
 */
export function gateStatistic(games: readonly GateGame[]): GateStatistic {
  let total = 0;
  for (const { prompt, score } of games) {
    if (!(score >= 0 && score <= 1))
      throw new InputError(`the game on prompt ${prompt} has the score ${score}; it must lie in 0 … 1`);
    total += score;
  }
  const mean = total / games.length;
  const residuals = new Map<string, number>();
  for (const { prompt, score } of games) residuals.set(prompt, (residuals.get(prompt) ?? 0) + score - mean);
  const prompts = residuals.size;
  if (prompts < 2) {
    throw new InputError(
      `the gate has valid games on ${prompts === 0 ? 'no prompt' : 'one prompt only'}; it needs two prompts or more to tell anything`,
    );
  }
  let squares = 0;
  for (const residual of residuals.values()) squares += residual * residual;
  return { games: games.length, prompts, mean, se: Math.sqrt((prompts / (prompts - 1)) * squares) / games.length };
}

/** Decides by the interval mean ± t·se, Student's t with prompts - 1 degrees of freedom, cut to 0 … 1. */
export function gateDecision(
  { games, prompts, mean, se }: GateStatistic,
  { rule, margin, confidence }: GateRule,
): GateDecision {
  if (!(margin >= 0 && margin <= 0.5)) throw new InputError(`the gate's margin must be from 0 to 0.5, not ${margin}`);
  if (!(confidence > 0 && confidence < 1))
    throw new InputError(`the gate's confidence must lie between 0 and 1, not ${confidence}`);
  const reach = studentQuantile(confidence, prompts - 1) * se;
  const lower = Math.max(0, mean - reach);
  const upper = Math.min(1, mean + reach);
  const { decision, because } = decide(rule, margin, lower, upper);
  const verb = { promote: 'Promoted', keep: 'Kept the opponent', ask: 'Undecided' }[decision];
  const figures = `it scored ${percent(mean)} (${percent(lower)} to ${percent(upper)}) in ${games} games on ${prompts} prompts`;
  return { games, prompts, mean, lower, upper, decision, sentence: `${verb}: ${figures}, ${because}.` };
}

function decide(
  rule: GateRule['rule'],
  margin: number,
  lower: number,
  upper: number,
): Pick<GateDecision, 'decision'> & { because: string } {
  if (rule === 'not-worse') {
    const floor = 0.5 - margin;
    return upper < floor
      ? { decision: 'keep', because: `shown worse than ${percent(floor)}` }
      : { decision: 'promote', because: `not shown worse than ${percent(floor)}` };
  }
  if (rule === 'better') {
    return lower > 0.5
      ? { decision: 'promote', because: 'shown better than 50%' }
      : { decision: 'keep', because: 'not shown better than 50%' };
  }
  if (lower > 0.5) return { decision: 'promote', because: 'shown better than 50%' };
  if (upper < 0.5) return { decision: 'keep', because: 'shown worse than 50%' };
  return { decision: 'ask', because: 'neither shown better nor worse than 50%' };
}

/** A share in percent with one decimal, a trailing .0 left out. */
function percent(share: number): string {
  return `${(100 * share).toFixed(1).replace(/\.0$/, '')}%`;
}
