import { columnsOf, csvRecords } from './csv';
import { InputError, type InputPlace } from './input-error';
import { readText } from './read-text';
import type { Observation } from './types';

export { InputError } from './input-error';

/** What the column `winner` may say, and model_a's share of it. The tie words of LMSYS, lmarena and MT-bench are ties. */
const SCORES: ReadonlyMap<string, 0 | 0.5 | 1> = new Map([
  ['model_a', 1],
  ['model_b', 0],
  ['tie', 0.5],
  ['tie (bothbad)', 0.5],
  ['both_bad', 0.5],
  ['tie (inconsistent)', 0.5],
]);

const REQUIRED = ['model_a', 'model_b', 'winner'] as const;
const OPTIONAL = ['prompt_id', 'weight'] as const;
type Row = Partial<Record<(typeof REQUIRED)[number] | (typeof OPTIONAL)[number], unknown>>;

/**
 * Battles from a file: JSONL (the first character is a brace) or CSV with a header. Rows hold model_a, model_b, winner, and may
 * hold prompt_id and weight (default 1); other columns are left alone.
 * Errors (InputError): place and cure of the first row that cannot be a battle; a file without battles or with one model only.
 */
export function readBattles(file: string): Observation[] {
  const text = readText(file);
  const battles: Observation[] = [];
  /** One string per name: a million rows hold few different ones. */
  const names = new Map<string, string>();
  const shared = (name: string): string => {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
  for (const { line, row } of /^\s*\{/.test(text) ? jsonRows(text, file) : csvRows(text, file)) {
    const { a, b, prompt, ...rest } = observation(row, { file, line });
    battles.push({ a: shared(a), b: shared(b), ...rest, prompt: prompt === null ? null : shared(prompt) });
  }
  if (battles.length === 0)
    throw new InputError('holds no battles; it needs rows with model_a, model_b and winner', { file });
  return battles;
}

function* jsonRows(text: string, file: string): Generator<{ line: number; row: Row }> {
  let line = 0;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const content = text.slice(at, end < 0 ? text.length : end).trim();
    at = end < 0 ? text.length : end + 1;
    line += 1;
    if (content !== '') yield { line, row: jsonRow(content, { file, line }) };
  }
}

function jsonRow(content: string, place: InputPlace): Row {
  let row: unknown;
  try {
    row = JSON.parse(content);
  } catch {
    throw new InputError('is not JSON; a JSONL file has one whole object on each line', place);
  }
  if (row !== null && typeof row === 'object' && !Array.isArray(row)) return row;
  throw new InputError('is not an object; write {"model_a": …, "model_b": …, "winner": …}', place);
}

function* csvRows(text: string, file: string): Generator<{ line: number; row: Row }> {
  const records = csvRecords(text, file);
  const header = records.next();
  if (header.done === true) return;
  const columns = columnsOf(header.value, file, REQUIRED, OPTIONAL);
  const width = header.value.fields.length;
  for (const { line, fields } of records) {
    if (fields.length !== width) {
      throw new InputError(`has ${fields.length} fields, the header ${width}; put names with commas in double quotes`, {
        file,
        line,
      });
    }
    const row: Row = {};
    for (const [name, column] of columns) row[name as keyof Row] = fields[column];
    // CSV has no other way to leave a value out.
    if (row.prompt_id === '') delete row.prompt_id;
    if (row.weight === '') delete row.weight;
    yield { line, row };
  }
}

function observation(row: Row, place: InputPlace): Observation {
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

/** A value as the reader's message quotes it, short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
