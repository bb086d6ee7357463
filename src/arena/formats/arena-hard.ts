import { InputError } from '../input-error';
import { AGAINST_ITSELF, idOf, isFields, listOf, modelOf, scoreOf, type Labels } from './fields';
import type { BattleFormat } from './format';

/** Share of the answer shown as A. Both strengths of a win count once; Arena-Hard's own table counts the strong one three times. */
const LABELS: Labels = new Map([
  ['A>>B', 1],
  ['A>B', 1],
  ['A=B', 0.5],
  ['B=A', 0.5],
  ['A<B', 0],
  ['A<<B', 0],
  ['B>A', 0],
  ['B>>A', 0],
  ['B<A', 1],
  ['B<<A', 1],
]);

/** The baseline of v0.1, whose judgments do not name it. */
const BASELINE_V01 = 'gpt-4-0314';

/**
 * Arena-Hard judgments, v0.1 (`question_id`) and v2 (`uid`, `baseline`): game 1 shows the baseline as A, game 2 the model
 * (gen_judgment.py). A record with a game without a verdict is left out whole, as Arena-Hard does (show_result.py).
 */
export const arenaHard: BattleFormat = {
  name: 'Arena-Hard judgments',
  fields: 'question_id or uid, model, judge, games, and if known baseline',
  recognises: (record) =>
    ['model', 'judge', 'games'].every((field) => field in record) && ('question_id' in record || 'uid' in record),
  read(record) {
    const model = modelOf(record, 'model');
    const named = record['baseline'];
    const baseline = named === undefined || named === null ? BASELINE_V01 : modelOf(record, 'baseline');
    if (model === baseline) return AGAINST_ITSELF;
    const games = listOf(record['games']);
    if (games === null || games.length !== 2)
      throw new InputError(`holds ${games?.length ?? 'no'} games; a pairwise judgment holds two`, { field: 'games' });
    const labels = games.map((game) => (isFields(game) ? game['score'] : null));
    if (labels.some((label) => label === null || label === undefined || label === ''))
      return { skipped: 'a judgment with a game without a verdict' };
    const prompt = idOf(record, 'uid' in record ? 'uid' : 'question_id');
    const battle = JSON.stringify([prompt, model, baseline, record['judge']]);
    const [one, two] = labels.map((label, game) => scoreOf(label, LABELS, `games[${game}].score`));
    return [
      { a: baseline, b: model, score: one!, weight: 0.5, prompt, battle },
      { a: model, b: baseline, score: two!, weight: 0.5, prompt, battle },
    ];
  },
};
