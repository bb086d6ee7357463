import { InputError } from '../input-error';
import type { Observation } from '../types';
import { AGAINST_ITSELF, listOf, modelOf, promptHash, shown, type Fields } from './fields';
import type { BattleFormat } from './format';

const COLUMNS = [
  ['winner_model_a', 1],
  ['winner_model_b', 0],
  ['winner_tie', 0.5],
] as const;

/** lmarena's human preference tables (arena-human-preference-55k): one column for each verdict, `prompt` a JSON list of user turns. */
export const humanPreference: BattleFormat = {
  name: 'lmarena human preferences',
  fields: 'model_a, model_b, winner_model_a, winner_model_b, winner_tie',
  recognises: (record) => ['model_a', 'model_b', ...COLUMNS.map(([field]) => field)].every((field) => field in record),
  read(record) {
    const a = modelOf(record, 'model_a');
    const b = modelOf(record, 'model_b');
    if (a === b) return AGAINST_ITSELF;
    return [{ a, b, score: verdict(record), weight: 1, prompt: promptOf(record['prompt']) }];
  },
};

function verdict(record: Fields): Observation['score'] {
  const said = COLUMNS.filter(([field]) => isSet(record[field], field));
  const [only] = said;
  if (only && said.length === 1) return only[1];
  throw new InputError(`${said.length} of the three verdicts are 1; exactly one must be`, { field: 'winner_model_a' });
}

function isSet(value: unknown, field: string): boolean {
  const flag = String(value).trim();
  if (flag === '1' || flag === 'true') return true;
  if (flag === '0' || flag === 'false') return false;
  throw new InputError(`${shown(value)} is no flag; write 1 or 0`, { field });
}

function promptOf(prompt: unknown): string | null {
  const turns = listOf(prompt) ?? (typeof prompt === 'string' && prompt.trim() !== '' ? [prompt] : []);
  return turns.length > 0 ? promptHash(turns.map(String)) : null;
}
