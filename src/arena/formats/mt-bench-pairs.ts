import type { Observation } from '../types';
import { AGAINST_ITSELF, idOf, modelOf, scoreOf, type Labels } from './fields';
import type { BattleFormat } from './format';

const LABELS: Labels = new Map([
  ['model_1', 1],
  ['model_2', 0],
  ['tie', 0.5],
]);

/**
 * FastChat's pair judgments (gpt-4_pair.jsonl): game 1 shows model_1 first, game 2 shows model_2 first, and both winners are
 * models, not places. A record with an `error` is left out whole, as FastChat does (show_result.py).
 */
export const mtBenchPairs: BattleFormat = {
  name: 'MT-bench pair judgments',
  fields: 'question_id, model_1, model_2, g1_winner, g2_winner',
  recognises: (record) =>
    ['question_id', 'model_1', 'model_2', 'g1_winner', 'g2_winner'].every((field) => field in record),
  read(record) {
    const first = modelOf(record, 'model_1');
    const second = modelOf(record, 'model_2');
    if (first === second) return AGAINST_ITSELF;
    if (record['g1_winner'] === 'error' || record['g2_winner'] === 'error')
      return { skipped: 'a judgment with an error' };
    const prompt = idOf(record, 'question_id');
    const battle = JSON.stringify([prompt, record['turn'], first, second, record['judge'], record['tstamp']]);
    const [one, two] = ['g1_winner', 'g2_winner'].map((field) => scoreOf(record[field], LABELS, field));
    // The side `a` is the answer shown first, in every format that knows both games.
    return [
      { a: first, b: second, score: one!, weight: 0.5, prompt, battle },
      { a: second, b: first, score: opposite(two!), weight: 0.5, prompt, battle },
    ];
  },
};

function opposite(score: Observation['score']): Observation['score'] {
  return score === 0.5 ? 0.5 : score === 1 ? 0 : 1;
}
