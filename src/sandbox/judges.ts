import { share, triangular } from './chance';
import { featureOpinion } from './feature-judge';
import { judgement } from './judgement';
import { readJudgePrompt } from './judge-prompt';
import type { Behaviour } from './options';
import { criteria, criterionLabels, type PerCriterion } from './pocket-english/criteria';
import { parsePrompt } from './pocket-english/prompts';
import { DATA_WEIGHTS, EVALUATION_WEIGHTS, score } from './pocket-english/score';

/** What a judge thinks of one answer before noise and bias. */
export interface Opinion {
  /** 1..10. */
  score: number;
  reason: string;
}

interface ScriptedJudge {
  /** An opinion, or null where the judge does not know the prompt. */
  opinion(prompt: string, answer: string): Opinion | null;
  /** Whether the sandbox's `noise` is added. */
  noisy: boolean;
}

/**
 * The scripted judges by model name. The first two know Pocket English only; the third looks at the surface of any
 * text.
 */
export const JUDGES: Readonly<Record<'data-judge' | 'evaluation-judge' | 'feature-judge', ScriptedJudge>> = {
  'data-judge': { opinion: pocketOpinion(DATA_WEIGHTS), noisy: true },
  'evaluation-judge': { opinion: pocketOpinion(EVALUATION_WEIGHTS), noisy: true },
  'feature-judge': { opinion: featureOpinion, noisy: false },
};
export type JudgeName = keyof typeof JUDGES;

/** What a judge that cannot or will not decide says. */
export const UNREADABLE =
  'Scripted judge (sandbox): both answers have their merits, and I would rather not put a number on either of them.';

/**
 * A scripted judge's text: an explanation, then its scores, in steps of .5, in the form that was asked for.
 * Anything else than a judge prompt, and a prompt that the judge does not know, get a sentence without scores, as from
 * a model that cannot follow.
 */
export function judgeReply(name: JudgeName, text: string, behaviour: Behaviour): string {
  const shown = readJudgePrompt(text);
  if (!shown)
    return `Scripted ${name} (sandbox): this is no judge prompt; I look for the lines [Dialogue], [Answer A] and [Answer B] with their ends.`;
  if (share(behaviour.seed, name, 'unreadable', text) < behaviour.unreadableShare) return UNREADABLE;
  const prompt = shown.dialogue.findLast((turn) => turn.role === 'user')?.content ?? '';
  const judge = JUDGES[name];
  const a = judge.opinion(prompt, shown.answerA);
  const b = judge.opinion(prompt, shown.answerB);
  if (!a || !b)
    return `Scripted ${name} (sandbox): I judge Pocket English only, and this prompt is not; take the feature-judge for other texts.`;
  const given = (thought: Opinion, answer: string, position: 'first' | 'second'): number => {
    const noise = judge.noisy ? behaviour.noise * triangular(behaviour.seed, name, prompt, answer, position) : 0;
    return toScale(thought.score + noise + (position === 'first' ? behaviour.positionBias : 0));
  };
  const explanation = [
    `Scripted ${name} (sandbox), not a language model.`,
    `Answer A: ${a.reason}.`,
    `Answer B: ${b.reason}.`,
  ].join('\n');
  return judgement(shown.ask, explanation, given(a, shown.answerA, 'first'), given(b, shown.answerB, 'second'));
}

/** Opinions by the task's criteria under the given weights. */
function pocketOpinion(weights: PerCriterion<number>): ScriptedJudge['opinion'] {
  return (prompt, answer) => {
    const fields = parsePrompt(prompt);
    if (!fields) return null;
    const met = criteria(fields, answer);
    const labels = criterionLabels(fields);
    const named = (wanted: (value: number) => boolean): string =>
      labels.filter((_, index) => wanted(met[index] as number)).join(', ') || 'nothing';
    return {
      score: score(met, weights),
      reason: `meets ${named((value) => value === 1)}; misses ${named((value) => value < 1)}`,
    };
  };
}

/** Rounded to .5, within 1..10. */
function toScale(value: number): number {
  return Math.min(10, Math.max(1, Math.round(value * 2) / 2));
}
