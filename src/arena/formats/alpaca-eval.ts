import { InputError } from '../input-error';
import { AGAINST_ITSELF, modelOf, promptHash, shown } from './fields';
import type { BattleFormat } from './format';

/**
 * AlpacaEval annotations: `preference` is 1 for generator_1, 2 for generator_2, 1.5 (once 0) for a draw. A preference
 * between them, from the judge's token probabilities, is a win of generator_2 with the weight p = preference - 1 and of
 * generator_1 with 1 - p, one battle: its expected score is exact, as in AlpacaEval's own fit.
 */
export const alpacaEval: BattleFormat = {
  name: 'AlpacaEval annotations',
  fields: 'instruction, generator_1, generator_2, preference',
  recognises: (record) => ['instruction', 'generator_1', 'generator_2', 'preference'].every((field) => field in record),
  read(record) {
    const a = modelOf(record, 'generator_1');
    const b = modelOf(record, 'generator_2');
    if (a === b) return AGAINST_ITSELF;
    const preference = preferenceOf(record['preference']);
    if (preference === null) return { skipped: 'an annotation without a preference' };
    const instruction = record['instruction'];
    if (typeof instruction !== 'string') throw new InputError('is no text', { field: 'instruction' });
    const prompt = promptHash([instruction]);
    const p = preference - 1;
    if (p === 0.5) return [{ a, b, score: 0.5, weight: 1, prompt }];
    if (p === 0 || p === 1) return [{ a, b, score: p === 0 ? 1 : 0, weight: 1, prompt }];
    const battle = JSON.stringify([prompt, a, b, record['annotator']]);
    return [
      { a, b, score: 1, weight: 1 - p, prompt, battle },
      { a, b, score: 0, weight: p, prompt, battle },
    ];
  },
};

/** Between 1 and 2; null where the judge's answer could not be read (AlpacaEval stores null, NaN or -1). */
function preferenceOf(value: unknown): number | null {
  if (value === null || value === -1 || value === '' || value === 'NaN' || value === '-1') return null;
  const preference = typeof value === 'string' ? Number(value) : value;
  if (preference === 0) return 1.5;
  if (typeof preference === 'number' && preference >= 1 && preference <= 2) return preference;
  throw new InputError(`${shown(value)} is no preference; write a number from 1 (generator_1) to 2 (generator_2)`, {
    field: 'preference',
  });
}
