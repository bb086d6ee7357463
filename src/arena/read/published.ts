import type { TableBuilder } from '../battle-table';
import { battleFormats } from '../formats';
import type { BattleFormat } from '../formats/format';
import { InputError, type InputPlace } from '../input-error';
import type { Observation } from '../types';
import { observation, REQUIRED } from './row';

/** Records that a format could not rate, counted by reason. */
export interface SkippedRecords {
  reason: string;
  count: number;
  firstLine: number;
}

export type Published = Readonly<Record<string, unknown>>;

/** Our own form where it does not come line by line. */
export const OWN_FORM: BattleFormat = {
  name: 'battles',
  fields: 'model_a, model_b, winner, and if known prompt_id and weight',
  recognises: (record) => REQUIRED.every((field) => field in record),
  read: (record) => [observation(record, {})],
};

/** The format of a file by its first record; null: our own form. Errors (InputError): neither. */
export function formatOf(record: Published, place: InputPlace): BattleFormat | null {
  const isOwn = OWN_FORM.recognises(record);
  // Our own form with a prompt is complete; without one, a format may know where the prompt stands.
  if (isOwn && 'prompt_id' in record) return null;
  const format = battleFormats.find((one) => one.recognises(record));
  if (format) return format;
  if (isOwn) return null;
  throw new InputError(
    `is no battle in a form that we know. Known are: ${[OWN_FORM, ...battleFormats].map(({ name, fields }) => `${name} (${fields})`).join('; ')}`,
    place,
  );
}

/** Adds the records of one format to a table. */
export function publishedRows(
  format: BattleFormat,
  table: TableBuilder,
): { add(record: Published, place: InputPlace & { line: number }): void; skipped(): SkippedRecords[] } {
  const skipped = new Map<string, SkippedRecords>();
  const put = ({ a, b, score, weight, prompt, battle }: Observation) =>
    table.add(
      table.models.number(a),
      table.models.number(b),
      2 * score,
      prompt === null ? -1 : table.prompts.number(prompt),
      weight,
      battle,
    );
  return {
    add(record, place) {
      let read: ReturnType<BattleFormat['read']>;
      try {
        read = format.read(record);
      } catch (error) {
        if (!InputError.isInstance(error)) throw error;
        throw new InputError(error.problem, { ...error.place, ...place });
      }
      if ('skipped' in read) {
        const known = skipped.get(read.skipped);
        if (known) known.count += 1;
        else skipped.set(read.skipped, { reason: read.skipped, count: 1, firstLine: place.line });
      } else read.forEach(put);
    },
    skipped: () => [...skipped.values()],
  };
}
