import { AGAINST_ITSELF, idOf, modelOf, scoreOf, type Labels } from './fields';
import type { BattleFormat } from './format';

const LABELS: Labels = new Map([
  ['left', 1],
  ['right', 0],
  ['tie', 0.5],
]);

/** evalica's comparisons; a column `prompt` names the prompt. */
export const evalica: BattleFormat = {
  name: 'evalica comparisons',
  fields: 'left, right, winner, and if known prompt',
  recognises: (record) => ['left', 'right', 'winner'].every((field) => field in record),
  read(record) {
    const a = modelOf(record, 'left');
    const b = modelOf(record, 'right');
    if (a === b) return AGAINST_ITSELF;
    const prompt = 'prompt' in record ? idOf(record, 'prompt') : null;
    return [{ a, b, score: scoreOf(record['winner'], LABELS, 'winner'), weight: 1, prompt }];
  },
};
