import type { BattleFormat } from '../../arena/formats/format';
import type { Fields } from '../../arena/formats/fields';
import { kindOf, records } from '../../arena/formats/records';
import { InputError } from '../../arena/input-error';
import { formatOf, OWN_FORM, type SkippedRecords } from '../../arena/read/published';
import { chunksOf, feed, type TakeRecords } from '../../arena/read/source';
import type { Judgement } from './judgement';
import { judgementOf } from './record';

/** Judgements of a file in one of the formats of `flywheel rate`, with what an audit needs beyond battles: turns, games, lengths. */
export interface JudgementFile {
  judgements: Judgement[];
  format: string;
  /** Records that hold no judgement, not even an invalid one, by reason. */
  skipped: SkippedRecords[];
}

/**
 * Reads a file, or stdin for `-`: JSONL, a JSON array or CSV, plain or as gzip or zstd.
 * Errors (InputError): the file cannot be read, is in no known form, holds a bad field, or no judgement.
 */
export async function readJudgements(path: string): Promise<JudgementFile> {
  const file = path === '-' ? 'stdin' : path;
  const judgements: Judgement[] = [];
  const skipped = new Map<string, SkippedRecords>();
  let format: BattleFormat | undefined;
  const add = (record: Fields, line: number) => {
    // The first record decides for the whole file.
    format ??= formatOf(record, { file, line }) ?? OWN_FORM;
    const read = judgementOf(format, record, { file, line });
    if (!('skipped' in read)) judgements.push(read);
    else {
      const { count = 0, firstLine = line } = skipped.get(read.skipped) ?? {};
      skipped.set(read.skipped, { reason: read.skipped, count: count + 1, firstLine });
    }
  };
  let take: TakeRecords | undefined;
  const begin = (bytes: Buffer) => {
    const kind = kindOf(bytes);
    return kind === null ? undefined : records(kind, file, add);
  };
  await feed(
    chunksOf(path),
    (bytes, last) => {
      take ??= begin(bytes);
      return take ? take(bytes, last) : 0;
    },
    file,
  );
  if (format === undefined || judgements.length === 0)
    throw new InputError('holds no judgements; it needs battles in a form that flywheel rate reads', { file });
  return { judgements, format: format.name, skipped: [...skipped.values()] };
}
