import { turnsOf } from '../../arena/formats/conversation';
import { listOf, type Fields } from '../../arena/formats/fields';
import type { BattleFormat, Skipped } from '../../arena/formats/format';
import { askedIn } from '../../arena/formats/votes';
import { InputError, type InputPlace } from '../../arena/input-error';
import { OWN_FORM } from '../../arena/read/published';
import type { Observation } from '../../arena/types';
import { ofGames, type Choice, type Judgement } from './judgement';

/** A verdict in the words of each format that leaves out records without one. */
const SOME_VERDICT: Fields = {
  g1_winner: 'tie',
  g2_winner: 'tie',
  games: [{ score: 'A=B' }, { score: 'A=B' }],
  preference: 1.5,
};

/**
 * The judgement that a record of a published file holds; weights are left alone. A record without a verdict is an invalid judgement.
 * Errors (InputError, with the place): a bad field, or no question.
 */
export function judgementOf(format: BattleFormat, record: Fields, place: InputPlace): Judgement | Skipped {
  const fields = format === OWN_FORM ? withoutBlanks(record) : record;
  const read = observations(format, fields, place);
  if (!('skipped' in read)) {
    const game = onQuestion(read[0], place);
    return { ...sidesOf(game, fields), ...verdictOf(game, read[1], fields) };
  }
  // With some verdict in the place of its own, the format tells whom and what the record is about.
  const about = observations(format, { ...fields, ...SOME_VERDICT }, place);
  return 'skipped' in about ? about : { ...sidesOf(onQuestion(about[0], place), fields), outcome: 'invalid' };
}

/** CSV has no other way to leave a value out. */
function withoutBlanks(record: Fields): Fields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''));
}

function observations(format: BattleFormat, record: Fields, place: InputPlace): ReturnType<BattleFormat['read']> {
  try {
    return format.read(record);
  } catch (error) {
    throw InputError.isInstance(error) ? new InputError(error.problem, { ...error.place, ...place }) : error;
  }
}

type OnQuestion = Observation & { prompt: string };

function onQuestion(game: Observation | undefined, place: InputPlace): OnQuestion {
  if (game && game.prompt !== null) return { ...game, prompt: game.prompt };
  throw new InputError(
    'names no question; an audit compares judgements of the same question, so add question_id',
    place,
  );
}

function sidesOf({ prompt, a, b }: OnQuestion, record: Fields): Omit<Judgement, 'outcome'> {
  const asked = askedIn(record);
  return { question: prompt, ...(asked === null ? {} : { asked }), turn: turnOf(record), a, b, ...lengthsOf(record) };
}

function verdictOf(
  first: Observation,
  second: Observation | undefined,
  record: Fields,
): Pick<Judgement, 'outcome' | 'games'> {
  if (record['winner'] === 'tie (inconsistent)') return { outcome: 'inconsistent' };
  if (!second) return { outcome: choice(first.score) };
  if (second.a === first.b) return ofGames([choice(first.score), choice(1 - second.score)]);
  // A soft preference is two weights of one order: the likelier side.
  return { outcome: choice(first.weight > second.weight ? first.score : second.score) };
}

function choice(score: number): Choice {
  return score === 1 ? 'a' : score === 0 ? 'b' : 'tie';
}

/** The judged turn, as MT-bench numbers them from 1; in a battle log, known by `anony`, the field counts the turns of the conversation. */
function turnOf(record: Fields): number | null {
  const turn = 'anony' in record ? null : Number(record['turn'] ?? 0);
  return turn !== null && Number.isInteger(turn) && turn > 0 ? turn : null;
}

const TEXTS = [
  ['output_1', 'output_2'],
  ['response_a', 'response_b'],
  ['conversation_a', 'conversation_b'],
] as const;

/** Characters of both answers, in the formats that hold them. */
function lengthsOf(record: Fields): Pick<Judgement, 'lengths'> {
  for (const [one, other] of TEXTS) {
    const [a, b] = [answerText(record[one]), answerText(record[other])];
    if (a && b) return { lengths: [Array.from(a).length, Array.from(b).length] };
  }
  return {};
}

/** An answer is a text, a list of one text a turn, or the replies of a conversation. */
function answerText(value: unknown): string | null {
  const list = listOf(value);
  if (list === null) return typeof value === 'string' ? value : null;
  return list.every((turn) => typeof turn === 'string') ? list.join('\n\n') : turnsOf(list, 'assistant').join('\n\n');
}
