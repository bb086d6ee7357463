import { messageOf, UserError } from '../errors';
import { readLines } from '../lines';

/** One recorded answer, and what tells which prompt it answers: the id that the prompt had at its source, or its text. */
export interface RecordedAnswer {
  key: { originalId?: string; promptText?: string };
  /** The reply; of several turns all replies, parted by a blank line. */
  answer: string;
  /** The replies turn by turn; one for a single turn. */
  turns: string[];
  model: string | null;
  /** Line in the file, from 1. */
  line: number;
}

type Json = Record<string, unknown>;

/**
 * Reads answers line by line from JSONL, each line in one of the forms
 * - Arena-Hard: `{uid, model, messages: [{role: "user", content}, {role: "assistant", content: {answer} | text}]}`;
 * - MT-bench, and Arena-Hard's older form: `{question_id, model_id, choices: [{turns: [text | {content}]}]}`;
 * - plain: `{prompt | prompt_id | id, answer | response | output | text}`.
 * @throws UserError with file and line for a line in none of them.
 */
export async function* readAnswers(path: string): AsyncGenerator<RecordedAnswer> {
  for await (const { text, line } of readLines(path)) {
    try {
      yield { ...readAnswer(JSON.parse(text)), line };
    } catch (error) {
      throw new UserError(
        `${path}:${line}: ${messageOf(error)}. Mend the line, or remove it: its prompt then has no answer.`,
      );
    }
  }
}

function readAnswer(row: unknown): Omit<RecordedAnswer, 'line'> {
  if (!isObject(row)) throw new Error('the line is not a JSON object');
  const model = firstString(row, ['model', 'model_id', 'generator']) ?? null;
  const { turns, promptText } = Array.isArray(row['messages'])
    ? fromMessages(row['messages'])
    : Array.isArray(row['choices'])
      ? { turns: fromChoices(row['choices']), promptText: undefined }
      : fromPlain(row);
  // FastChat's mark for a call that failed. It is no answer, and must not be judged as one.
  if (turns.some((turn) => turn.trim() === '$ERROR$')) throw new Error('the answer is the error mark $ERROR$');
  const originalId = firstId(row, ['uid', 'question_id', 'prompt_id', 'id']);
  if (originalId === undefined && promptText === undefined)
    throw new Error('nothing says which prompt it answers (uid, question_id, prompt_id, id or prompt)');
  return {
    key: { ...(originalId === undefined ? {} : { originalId }), ...(promptText === undefined ? {} : { promptText }) },
    answer: turns.join('\n\n'),
    turns,
    model,
  };
}

function fromMessages(messages: unknown[]) {
  const ofRole = (role: string) =>
    messages.filter((message) => isObject(message) && message['role'] === role).map((message) => content(message));
  const turns = ofRole('assistant');
  if (turns.length === 0) throw new Error('`messages` holds no assistant turn');
  const asked = ofRole('user');
  return { turns, promptText: asked.length === 0 ? undefined : asked.join('\n\n') };
}

function fromChoices([choice]: unknown[]): string[] {
  const turns = isObject(choice) ? choice['turns'] : undefined;
  if (!Array.isArray(turns) || turns.length === 0) throw new Error('`choices[0].turns` holds no answer');
  return turns.map((turn) => content(turn));
}

function fromPlain(row: Json) {
  const answer = firstString(row, ['answer', 'response', 'output', 'text']);
  if (answer === undefined) throw new Error('it holds no text as `answer`, `response`, `output` or `text`');
  return { turns: [answer], promptText: firstString(row, ['prompt', 'instruction']) };
}

/** Text of a turn: itself, or its `content`, or its `answer`. */
function content(turn: unknown): string {
  const text = isObject(turn) ? (turn['content'] ?? turn['answer']) : turn;
  if (typeof text === 'string') return text.replaceAll('\0', '\uFFFD');
  if (isObject(text)) return content(text);
  throw new Error('an answer or a question is not text');
}

function firstString(row: Json, names: string[]): string | undefined {
  return names.map((name) => row[name]).find((one) => typeof one === 'string');
}

function firstId(row: Json, names: string[]): string | undefined {
  const value = names.map((name) => row[name]).find((one) => typeof one === 'string' || typeof one === 'number');
  return value === undefined ? undefined : String(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
