import { createHash } from 'node:crypto';
import { InputError } from '../input-error';
import type { Observation } from '../types';
import type { Skipped } from './format';

/** A record of a published file: a JSON object, or a CSV row as texts. */
export type Fields = Readonly<Record<string, unknown>>;

/** A's share under each label that a format knows. */
export type Labels = ReadonlyMap<string, Observation['score']>;

/** Logs hold a few of them, and they say nothing about strength. */
export const AGAINST_ITSELF: Skipped = { skipped: 'a model against itself' };

/** A model's name without blanks around it. Errors (InputError): the field is missing, empty or no text. */
export function modelOf(record: Fields, field: string): string {
  const value = record[field];
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new InputError(`${shown(value)} is no model's name; write a text that is not empty`, { field });
}

/** The score that a label stands for. Errors (InputError): a label that is not known, with those that are. */
export function scoreOf(value: unknown, labels: Labels, field: string): Observation['score'] {
  const score = typeof value === 'string' ? labels.get(value.trim()) : undefined;
  if (score !== undefined) return score;
  throw new InputError(`${shown(value)} is no verdict of this format; known are ${[...labels.keys()].join(', ')}`, {
    field,
  });
}

/** An id as text. Errors (InputError): neither a text nor a number. */
export function idOf(record: Fields, field: string): string {
  const value = record[field];
  if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return String(value).trim();
  throw new InputError(`${shown(value)} is no id; write a text or a number`, { field });
}

/** A prompt's id where a file has none: a hash of its user turns, up to Unicode form and white space. */
export function promptHash(turns: readonly string[]): string {
  const text = turns.map((turn) => turn.normalize('NFC').replace(/\s+/gu, ' ').trim());
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 32);
}

/** A list in a field; CSV files hold it as JSON text. Null where it is none. */
export function listOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a message quotes it, short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
