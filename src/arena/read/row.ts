import { shown } from '../formats/fields';
import { InputError, type InputPlace } from '../input-error';
import type { Observation } from '../types';

/** What the column `winner` may say, and model_a's share of it. The tie words of LMSYS, lmarena and MT-bench are ties. */
export const SCORES: ReadonlyMap<string, 0 | 0.5 | 1> = new Map([
  ['model_a', 1],
  ['model_b', 0],
  ['tie', 0.5],
  ['tie (bothbad)', 0.5],
  ['both_bad', 0.5],
  ['tie (inconsistent)', 0.5],
]);

export const REQUIRED = ['model_a', 'model_b', 'winner'] as const;
export const OPTIONAL = ['prompt_id', 'weight'] as const;

/** A battle as a row of our own form, unchecked. */
export type Row = Partial<Record<(typeof REQUIRED)[number] | (typeof OPTIONAL)[number], unknown>>;

/** Checks a row. Errors (InputError): the first field that is missing or cannot be used, with its cure. */
export function observation(row: Row, place: InputPlace): Observation {
  const a = modelName(row.model_a, { ...place, field: 'model_a' });
  const b = modelName(row.model_b, { ...place, field: 'model_b' });
  if (a === b) {
    throw new InputError(`${shown(a)} plays against itself; a battle has two models, remove the row`, {
      ...place,
      field: 'model_b',
    });
  }
  const score = typeof row.winner === 'string' ? SCORES.get(row.winner.trim()) : undefined;
  if (score === undefined) {
    throw new InputError(`${shown(row.winner)} is no winner; write ${[...SCORES.keys()].join(', ')}`, {
      ...place,
      field: 'winner',
    });
  }
  return { a, b, score, weight: weightOf(row.weight, place), prompt: promptOf(row.prompt_id, place) };
}

function modelName(value: unknown, place: InputPlace): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  if (value === undefined) throw new InputError('is missing; every row names both models', place);
  throw new InputError(`${shown(value)} is no model's name; write a text that is not empty`, place);
}

function weightOf(value: unknown, place: InputPlace): number {
  if (value === undefined || value === null) return 1;
  const weight = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof weight === 'number' && weight >= 0 && weight < Infinity) return weight;
  throw new InputError(`${shown(value)} is no weight; write a number from 0 on, or leave it out for 1`, {
    ...place,
    field: 'weight',
  });
}

function promptOf(value: unknown, place: InputPlace): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new InputError(`${shown(value)} is no prompt's id; write a text or a number, or leave it out`, {
    ...place,
    field: 'prompt_id',
  });
}
