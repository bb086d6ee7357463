import { kindOf } from '../arena/formats/records';
import { InputError } from '../arena/input-error';
import { jsonElements } from '../arena/read/json-array';
import { lineEnd, textOf } from '../arena/read/records';
import { chunksOf, type TakeRecords } from '../arena/read/source';
import { messageOf, UserError } from '../errors';
import { isObject, modelOf, originalIdOf, readRecorded } from './recorded-forms';

/** One recorded answer, and what tells which prompt it answers: the id that the prompt had at its source, or its text. */
export interface RecordedAnswer {
  key: { originalId?: string; promptText?: string };
  /** The reply; of several turns all replies, parted by a blank line. */
  answer: string;
  /** The replies turn by turn; one for a single turn. */
  turns: string[];
  model: string | null;
  /** Line in the file, from 1, on which its record begins. */
  line: number;
}

/**
 * Reads answers from JSONL or a JSON array, plain or as gzip or zstd, in the forms of `recorded-forms.ts`.
 * @throws UserError with file and line for a record in none of them, or that is broken.
 */
export async function* readAnswers(path: string): AsyncGenerator<RecordedAnswer> {
  for await (const { text, line } of jsonTexts(path)) {
    try {
      yield { ...readAnswer(JSON.parse(text)), line };
    } catch (error) {
      throw new UserError(
        `${path}:${line}: ${messageOf(error)}. Mend the line, or remove it: its prompt then has no answer.`,
      );
    }
  }
}

function readAnswer(record: unknown): Omit<RecordedAnswer, 'line'> {
  if (!isObject(record)) throw new Error('it is not a JSON object');
  const { turns: said, promptText } = readRecorded(record);
  // Postgres stores no NUL.
  const turns = said.map((turn) => turn.replaceAll('\0', '\uFFFD'));
  // FastChat's mark for a call that failed. It is no answer, and must not be judged as one.
  if (turns.some((turn) => turn.trim() === '$ERROR$')) throw new Error('the answer is the error mark $ERROR$');
  const originalId = originalIdOf(record);
  if (originalId === undefined && promptText === undefined)
    throw new Error('nothing says which prompt it answers (uid, question_id, prompt_id, id or prompt)');
  return {
    key: { ...(originalId === undefined ? {} : { originalId }), ...(promptText === undefined ? {} : { promptText }) },
    answer: turns.join('\n\n'),
    turns,
    model: modelOf(record),
  };
}

interface JsonText {
  text: string;
  /** From 1. */
  line: number;
}

/** The JSON texts of a file in turn: the elements of an array, or lines. Not more than one piece of the file is held. */
async function* jsonTexts(file: string): AsyncGenerator<JsonText> {
  let found: JsonText[] = [];
  let take: TakeRecords | undefined;
  let rest: Buffer = Buffer.alloc(0);
  const taken = (bytes: Buffer, last: boolean): JsonText[] => {
    take ??= readerOf(bytes, file, (text, line) => found.push({ text, line }));
    // A copy: the memory of a piece is used again.
    rest = Buffer.from(bytes.subarray(take ? take(bytes, last) : 0));
    const all = found;
    found = [];
    return all;
  };
  try {
    for await (const piece of chunksOf(file))
      yield* taken(rest.length > 0 ? Buffer.concat([rest, piece]) : piece, false);
    yield* taken(rest, true);
  } catch (error) {
    throw InputError.isInstance(error)
      ? new UserError(`The answers (competitors[].answers) could not be read: ${error.message}.`)
      : error;
  }
}

/** Undefined while nothing but white space has come. */
function readerOf(bytes: Buffer, file: string, onText: (text: string, line: number) => void): TakeRecords | undefined {
  const kind = kindOf(bytes);
  if (kind === null) return undefined;
  return kind === 'array' ? jsonElements(file, onText) : jsonLines(file, onText);
}

function jsonLines(file: string, onText: (text: string, line: number) => void): TakeRecords {
  let line = 0;
  return (bytes, last) => {
    let at = 0;
    while (at < bytes.length) {
      const end = lineEnd(bytes, at, last);
      if (end < 0) break;
      line += 1;
      const text = textOf(bytes, at, end, file, line);
      if (text.trim() !== '') onText(text, line);
      at = end + 1;
    }
    return Math.min(at, bytes.length);
  };
}
