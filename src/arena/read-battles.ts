import { createTable, type BattleTable } from './battle-table';
import { csvRecords } from './csv';
import { kindOf, records, type Kind } from './formats/records';
import { InputError } from './input-error';
import { createByteNames } from './read/byte-names';
import { csvRows } from './read/csv-rows';
import { jsonRows } from './read/json-rows';
import { formatOf, OWN_FORM, publishedRows, type Published, type SkippedRecords } from './read/published';
import { csvRecordEnd, lineEnd, textOf } from './read/records';
import { chunksOf, feed, type TakeRecords } from './read/source';
import { createWinners } from './read/winners';

export type { SkippedRecords } from './read/published';

export interface ReadBattles {
  table: BattleTable;
  /** What the file is: our own form, or a published format by its name. */
  format: string;
  /** Records that hold no battle that can be rated, by reason. */
  skipped: SkippedRecords[];
}

/**
 * Battles from a file, or from stdin for `-`: JSONL, a JSON array, or CSV with a header, plain or as gzip or zstd. Rows hold
 * model_a, model_b, winner, and may hold prompt_id and weight (default 1), other columns are left alone; or they are in a
 * published format (formats/). Memory: about 9 bytes a battle and a few MB.
 * Errors (InputError): place and cure of the first row that cannot be a battle; a file without battles.
 */
export async function readBattles(path: string): Promise<ReadBattles> {
  const file = path === '-' ? 'stdin' : path;
  const models = createByteNames();
  const prompts = createByteNames();
  const table = createTable(models, prompts);
  let take: TakeRecords | null = null;
  let format = OWN_FORM.name;
  let skipped = (): SkippedRecords[] => [];

  /** Decides by the first record which reader takes the file. */
  const begin = (bytes: Buffer, last: boolean): TakeRecords | null => {
    const kind = kindOf(bytes);
    if (kind === null) return null;
    const record = firstRecord(bytes, kind, last, file);
    if (record === null) return null;
    const found = formatOf(record, { file, line: 1 });
    if (found === null && kind !== 'array') {
      const rows = kind === 'csv' ? csvRows : jsonRows;
      return rows(file, table, models, prompts, createWinners());
    }
    const published = publishedRows(found ?? OWN_FORM, table);
    if (found) format = found.name;
    skipped = () => published.skipped();
    return records(kind, file, (one, line) => published.add(one, { file, line }));
  };
  await feed(
    chunksOf(path),
    (bytes, last) => {
      take ??= begin(bytes, last);
      return take ? take(bytes, last) : 0;
    },
    file,
  );
  const read = table.finish();
  if (read.size === 0) throw new InputError(emptiness(skipped()), { file });
  return { table: read, format, skipped: skipped() };
}

/** The fields of the first record, of a CSV file without their values; null where it is not whole yet. */
function firstRecord(bytes: Buffer, kind: Kind, last: boolean, file: string): Published | null {
  let first: Published | null = null;
  const keep = (record: Published) => (first ??= record);
  if (kind === 'csv') {
    const { end } = csvRecordEnd(bytes, 0, last);
    if (end < 0) return null;
    for (const { fields } of csvRecords(textOf(bytes, 0, end, file, 1), file))
      keep(Object.fromEntries(fields.map((field) => [field.trim(), ''])));
    return first;
  }
  if (kind === 'array') records('array', file, keep)(bytes, last);
  else {
    const end = lineEnd(bytes, 0, last);
    if (end >= 0) records('jsonl', file, keep)(bytes.subarray(0, end), true);
  }
  return first;
}

function emptiness(skipped: readonly SkippedRecords[]): string {
  const reasons = skipped.map(({ reason, count, firstLine }) => `${count} ${reason} (first in line ${firstLine})`);
  return `holds no battles${reasons.length > 0 ? ` that can be rated: ${reasons.join(', ')}` : '; it needs rows with model_a, model_b and winner'}`;
}
