import { CRITERIA, criteria, type CriterionName } from './criteria';
import { parsePrompt } from './prompts';

/** How far an answer meets each criterion, 0..1; null where the prompt is not Pocket English. */
export function meetsCriteria(promptText: string, answerText: string): Record<CriterionName, number> | null {
  const fields = parsePrompt(promptText);
  return fields && byName((index) => criteria(fields, answerText)[index] as number);
}

/** The mean of each criterion over many answers (NaN for none of them). */
export function shareMet(list: readonly Readonly<Record<CriterionName, number>>[]): Record<CriterionName, number> {
  const mean = (name: CriterionName): number => list.reduce((sum, met) => sum + met[name], 0) / list.length;
  return byName((_index, name) => mean(name));
}

function byName(value: (index: number, name: CriterionName) => number): Record<CriterionName, number> {
  return Object.fromEntries(CRITERIA.map((name, index) => [name, value(index, name)])) as Record<CriterionName, number>;
}
