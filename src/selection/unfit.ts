/** Why an answer may not be chosen, as the dataset card counts it. */
export type UnfitReason = 'empty' | 'truncated' | 'refusal' | 'namesMaker';

export interface FitnessRules {
  skipTruncated: boolean;
  skipRefusals: boolean;
  skipMakers: boolean;
}

/** All that can be wrong with an answer: for counting. */
export const EVERY_RULE: FitnessRules = { skipTruncated: true, skipRefusals: true, skipMakers: true };

/** "I'm sorry", "my apologies", "unfortunately": how a refusal may begin. */
const apology =
  /(?:i(?:['’]m|\s+am)\s+(?:(?:very|really|so)\s+)?(?:sorry|afraid)|sorry|(?:my\s+)?apologies|i\s+apologi[sz]e|unfortunately)/;
/** "As an AI language model,". */
const speaker = /as\s+an?\s+(?:ai|artificial\s+intelligence|(?:large\s+)?language\s+model)[^,.]{0,60},?/;
/** "I cannot", "I'm unable to", "I must decline"; but not "I cannot recommend it enough". */
const inability =
  /i(?:(?:['’]m|\s+am)\s+(?:not\s+able|unable|not\s+allowed)\s+to|\s+(?:can\s*not|can['’]?t|won['’]?t|will\s+not|must\s+decline|have\s+to\s+decline|decline\s+to))\b(?!\s+(?:help\s+but|wait\b|stress|emphasi[sz]e|overstate))(?![^.!?\n]{0,60}\benough\b)/;
/**
 * A refusal stands at the very beginning, in the first person. Later in a text the same words are mostly part of an
 * answer.
 */
const refusal = new RegExp(
  `^(?:${apology.source}[\\s,.!:;–-]*(?:(?:but|however|that)[\\s,]+)?)?(?:${speaker.source}\\s*)?${inability.source}`,
  'iu',
);

/** Models and their makers, where the text says who speaks: "I am Claude", "as ChatGPT", "made by Anthropic". */
const names =
  'chat\\s?gpt|gpt-?\\s?[3-9]\\S*|openai|claude|anthropic|gemini|bard|google(?:\\s+(?:ai|deepmind))?|deepmind|llama|meta(?:\\s+ai)?|mistral(?:\\s+ai)?|mixtral|qwen|tongyi|alibaba(?:\\s+cloud)?|command\\s?r\\+?|cohere|deepseek|grok|xai|phi-?\\d*|microsoft|copilot|yi|01\\.ai|wizardlm|vicuna|openchat|koala|alpaca|ernie|baidu|kimi|moonshot(?:\\s+ai)?|glm|zhipu(?:\\s+ai)?';
/** Most texts name nobody, which this sees at a tenth of the cost. */
const anyName = new RegExp(`\\b(?:${names})(?![\\w-])`, 'i');
const maker = new RegExp(
  [
    `\\b(?:i(?:['’]m|\\s+am)|my\\s+name\\s+is|call\\s+me)\\s+(?:called\\s+|named\\s+|the\\s+|an?\\s+)?(?:${names})(?![\\w-])`,
    `\\bas\\s+(?:an?\\s+|the\\s+)?(?:${names})\\s*,\\s*i\\b`,
    `\\b(?:i(?:['’]m|\\s+am|\\s+was)|as\\s+an?)\\b[^.!?\\n]{0,60}\\b(?:made|built|created|developed|trained|designed)\\s+by\\s+(?:${names})(?![\\w-])`,
  ].join('|'),
  'iu',
);

/** Why an answer must not be learnt from; null where it may. */
export function unfitReason(
  { text, finishReason }: { text: string; finishReason: string },
  { skipTruncated, skipRefusals, skipMakers }: FitnessRules,
): UnfitReason | null {
  if (text.trim() === '') return 'empty';
  if (skipTruncated && finishReason === 'length') return 'truncated';
  if (skipRefusals && isRefusal(text)) return 'refusal';
  if (skipMakers && namesMaker(text)) return 'namesMaker';
  return null;
}

/** Whether an answer declines to answer. */
export function isRefusal(text: string): boolean {
  return refusal.test(text.trimStart().slice(0, 300));
}

/** Whether an answer says that its speaker is a certain model, or whose model it is: the target would learn to say so. */
export function namesMaker(text: string): boolean {
  return anyName.test(text) && maker.test(text);
}
