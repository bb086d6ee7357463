import { csvRecords } from '../../arena/csv';
import { turnsOf } from '../../arena/formats/conversation';
import { promptHash, type Fields } from '../../arena/formats/fields';
import type { BattleFormat } from '../../arena/formats/format';
import { InputError, type InputPlace } from '../../arena/input-error';
import { battleOutcome, type Verdict } from '../../arena/outcome';
import { jsonElements } from '../../arena/read/json-array';
import { jsonObject } from '../../arena/read/json-rows';
import { formatOf, OWN_FORM } from '../../arena/read/published';
import { chunksOf } from '../../arena/read/source';
import type { Observation } from '../../arena/types';
import type { Choice, Judgement } from './judgement';

/** Judgements of a file in one of the formats of `flywheel rate`, with what an audit needs beyond battles: turns, games, lengths. */
export interface JudgementFile {
  judgements: Judgement[];
  format: string;
  /** Records that no judgement could be read from, and which are no invalid judgement either. */
  skipped: number;
}

/** Errors (InputError): the file cannot be read, is in no known form, holds a bad field, or no judgement. */
export async function readJudgements(path: string): Promise<JudgementFile> {
  const file = path === '-' ? 'stdin' : path;
  const judgements: Judgement[] = [];
  let format: BattleFormat | null = null;
  let skipped = 0;
  for (const { record, line } of recordsOf(await wholeText(path), file)) {
    format ??= formatOf(record, { file, line }) ?? OWN_FORM;
    const judgement = judgementOf(format, record, { file, line });
    if (judgement) judgements.push(judgement);
    else skipped += 1;
  }
  if (format === null || judgements.length === 0)
    throw new InputError('holds no judgements; it needs battles in a form that flywheel rate reads', { file });
  return { judgements, format: format.name, skipped };
}

async function wholeText(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of chunksOf(path)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function* recordsOf(text: string, file: string): Generator<{ record: Fields; line: number }> {
  const start = text.trimStart()[0];
  if (start === '[') {
    const found: { record: Fields; line: number }[] = [];
    jsonElements(file, (one, line) => found.push({ record: jsonObject(one, { file, line }), line }))(
      Buffer.from(text),
      true,
    );
    yield* found;
  } else if (start === '{') {
    let line = 0;
    for (const one of text.split('\n')) {
      line += 1;
      if (one.trim() !== '') yield { record: jsonObject(one, { file, line }), line };
    }
  } else yield* csvRows(text, file);
}

function* csvRows(text: string, file: string): Generator<{ record: Fields; line: number }> {
  let header: string[] | null = null;
  for (const { fields, line } of csvRecords(text, file)) {
    if (header === null) {
      header = fields.map((field) => field.trim());
      continue;
    }
    if (fields.length !== header.length)
      throw new InputError(`has ${fields.length} fields, the header ${header.length}`, { file, line });
    yield { record: Object.fromEntries(header.map((name, index) => [name, fields[index]])), line };
  }
}

/** Null: the record says nothing of two models (a model against itself). */
function judgementOf(format: BattleFormat, record: Fields, place: InputPlace): Judgement | null {
  let read: ReturnType<BattleFormat['read']>;
  try {
    read = format.read(record);
  } catch (error) {
    throw InputError.isInstance(error) ? new InputError(error.problem, { ...error.place, ...place }) : error;
  }
  if ('skipped' in read) return unreadable(record);
  const [first, second] = read;
  if (!first) return null;
  if (first.prompt === null)
    throw new InputError(
      'names no question; an audit compares judgements of the same question, so add question_id',
      place,
    );
  const swapped = second !== undefined && second.a === first.b;
  return {
    judge: judgeOf(record),
    question: first.prompt,
    turn: turnOf(record),
    a: first.a,
    b: first.b,
    ...(swapped ? ofGames(first, second) : { outcome: ofOne(record, first, second) }),
    ...(swapped ? {} : lengthsOf(record)),
  };
}

/** A record without a verdict, of which the models and the question are known, is an invalid judgement. */
function unreadable(record: Fields): Judgement | null {
  const [a, b] = [
    record['model_1'] ?? record['generator_1'] ?? record['baseline'],
    record['model_2'] ?? record['generator_2'] ?? record['model'],
  ];
  const instruction = record['instruction'];
  const question =
    record['uid'] ?? record['question_id'] ?? (typeof instruction === 'string' ? promptHash([instruction]) : null);
  if (
    typeof a !== 'string' ||
    typeof b !== 'string' ||
    a === b ||
    (typeof question !== 'string' && typeof question !== 'number')
  )
    return null;
  return { judge: judgeOf(record), question: String(question), turn: turnOf(record), a, b, outcome: 'invalid' };
}

function ofGames(first: Observation, second: Observation): Pick<Judgement, 'outcome' | 'games'> {
  const games = [choice(first.score), choice(1 - second.score)] as const;
  const outcome = battleOutcome(verdictOf(games[0]), verdictOf(games[1]));
  if (outcome === 'failed') throw new RangeError('a game without a verdict');
  return { games, outcome: outcome === 'win' ? 'a' : outcome === 'loss' ? 'b' : outcome };
}

/** One verdict; of a soft preference, which is two weights, the likelier side. */
function ofOne(record: Fields, first: Observation, second: Observation | undefined): Judgement['outcome'] {
  if (record['winner'] === 'tie (inconsistent)') return 'inconsistent';
  if (!second) return choice(first.score);
  return first.weight === second.weight ? 'tie' : choice(first.weight > second.weight ? first.score : second.score);
}

function choice(score: number): Choice {
  return score === 1 ? 'a' : score === 0 ? 'b' : 'tie';
}

function verdictOf(game: Choice): Verdict {
  return game === 'a' ? 'win' : game === 'b' ? 'loss' : 'tie';
}

function judgeOf(record: Fields): string {
  const judge = record['judge'] ?? record['annotator'] ?? '';
  return typeof judge === 'string' ? judge : JSON.stringify(judge);
}

function turnOf(record: Fields): number | null {
  const turn = record['turn'];
  const number = typeof turn === 'string' && turn.trim() !== '' ? Number(turn) : turn;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}

const TEXTS = [
  ['output_1', 'output_2'],
  ['response_a', 'response_b'],
  ['conversation_a', 'conversation_b'],
] as const;

/** Characters of both answers, in the formats that hold them. */
function lengthsOf(record: Fields): Pick<Judgement, 'lengths'> {
  for (const [one, other] of TEXTS) {
    const [a, b] = [record[one], record[other]].map(answerText);
    if (a && b) return { lengths: [Array.from(a).length, Array.from(b).length] };
  }
  return {};
}

function answerText(value: unknown): string | null {
  const turns = turnsOf(value, 'assistant');
  if (turns.length > 0) return turns.join('\n\n');
  return typeof value === 'string' && value !== '' ? value : null;
}
