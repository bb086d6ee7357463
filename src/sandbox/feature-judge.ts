import type { Opinion } from './judges';

/** Words after which more of them earn nothing. */
const ENOUGH_WORDS = 150;
/** Structural marks (list items, headings, code blocks, paragraphs) after which more earn nothing. */
const ENOUGH_STRUCTURE = 4;
/** Share of the prompt's words that a full overlap needs. */
const ENOUGH_OVERLAP = 0.5;
/** Words of a prompt that are looked at; long prompts are mostly pasted material. */
const PROMPT_WORDS = 200;

const WEIGHTS = { length: 0.35, structure: 0.2, overlap: 0.25, finished: 0.2 } as const;
const REPETITION_WEIGHT = 0.6;

const LONG_WORD = /[\p{L}\p{N}_]{4,}/gu;
const STRUCTURE = /^(?:\s*[-*•]\s|\s*\d+[.)]\s|#{1,6}\s|```|\s*$)/gmu;
const FINISHED = /[.!?:)\]}"'`*|…。！？]\s*$/u;

/**
 * The feature judge's opinion of an answer, 1..10, from its looks alone: NOT a judge of quality. It cannot tell a true
 * sentence from a false one;
 * it stands in for a judge where none is configured, so that an example can run.
 * Score = 1 + 9 x (.35 length + .2 structure + .25 overlap with the prompt + .2 finished - .6 repetition), each feature
 * 0..1; an empty answer gets 1.
 */
export function featureOpinion(prompt: string, answer: string): Opinion {
  const features = featuresOf(prompt, answer);
  const { repetition, ...good } = features;
  const paid = Object.entries(good).reduce(
    (sum, [name, value]) => sum + WEIGHTS[name as keyof typeof WEIGHTS] * value,
    0,
  );
  const score = answer.trim() === '' ? 1 : 1 + 9 * Math.max(0, paid - REPETITION_WEIGHT * repetition);
  return {
    score,
    reason: Object.entries(features)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', '),
  };
}

/** The features of an answer, each from 0 to 1. */
function featuresOf(prompt: string, answer: string): Record<keyof typeof WEIGHTS | 'repetition', number> {
  const words = answer.toLowerCase().split(/\s+/u).filter(Boolean);
  const asked = new Set((prompt.toLowerCase().match(LONG_WORD) ?? []).slice(0, PROMPT_WORDS));
  const said = new Set(answer.toLowerCase().match(LONG_WORD));
  const shared = [...asked].filter((word) => said.has(word)).length;
  return {
    length: Math.min(1, words.length / ENOUGH_WORDS),
    structure: Math.min(1, (answer.trim().match(STRUCTURE)?.length ?? 0) / ENOUGH_STRUCTURE),
    overlap: asked.size === 0 ? 1 : Math.min(1, shared / asked.size / ENOUGH_OVERLAP),
    finished: Number(FINISHED.test(answer)),
    repetition: repeatedShare(words),
  };
}

/** Share of an answer's runs of four words that it has said before. */
function repeatedShare(words: readonly string[]): number {
  const runs = words.slice(3).map((_, index) => words.slice(index, index + 4).join(' '));
  return runs.length === 0 ? 0 : 1 - new Set(runs).size / runs.length;
}
