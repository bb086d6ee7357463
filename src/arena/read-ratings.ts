import type { RatedInterval } from './consistency';
import { columnsOf, csvRecords } from './csv';
import { InputError, type InputPlace } from './input-error';
import { readText } from './read-text';

/**
 * A rating table from CSV with the columns model, rating, lower, upper (others are left alone). An empty lower or upper has no
 * limit on that side.
 * Errors (InputError): place and cure; no rows, a model twice, what is no number, an interval without its rating.
 */
export function readRatings(file: string): RatedInterval[] {
  const records = csvRecords(readText(file), file);
  const header = records.next();
  if (header.done === true)
    throw new InputError('is empty; it needs the columns model, rating, lower, upper', { file });
  const columns = columnsOf(header.value, file, ['model', 'rating', 'lower', 'upper']);
  const seen = new Set<string>();
  const rows: RatedInterval[] = [];
  for (const { line, fields } of records) {
    const field = (name: string): string => (fields[columns.get(name)!] ?? '').trim();
    const end = (name: string): number | null =>
      field(name) === '' ? null : number(field(name), { file, line, field: name });
    const model = field('model');
    if (fields.length !== header.value.fields.length) {
      throw new InputError(
        `has ${fields.length} fields, the header ${header.value.fields.length}; put names with commas in double quotes`,
        { file, line },
      );
    }
    if (model === '') throw new InputError('is empty; name the model', { file, line, field: 'model' });
    if (seen.has(model))
      throw new InputError(`${JSON.stringify(model)} is there twice; keep one row`, { file, line, field: 'model' });
    seen.add(model);
    const row = {
      model,
      rating: number(field('rating'), { file, line, field: 'rating' }),
      lower: end('lower'),
      upper: end('upper'),
    };
    if ((row.lower ?? -Infinity) > row.rating || (row.upper ?? Infinity) < row.rating) {
      throw new InputError(
        `the interval ${row.lower} to ${row.upper} does not hold the rating ${row.rating}; lower and upper are ratings, not distances`,
        { file, line },
      );
    }
    rows.push(row);
  }
  if (rows.length === 0)
    throw new InputError('holds no models; it needs rows with model, rating, lower, upper', { file });
  return rows;
}

function number(text: string, place: InputPlace): number {
  const value = text === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InputError(`${JSON.stringify(text)} is no number`, place);
}
