/** What a recorded answer's record says. */
export interface Recorded {
  /** The replies turn by turn; one for a single turn. */
  turns: string[];
  /** What was asked, where the record holds it; of several turns all of the user's, parted by a blank line. */
  promptText?: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** A form in which answers are published; each record is known by its own fields, so that forms may mix. */
interface AnswerForm {
  name: string;
  fields: string;
  recognises(record: Json): boolean;
  /** @throws Error that says which field is wrong. */
  read(record: Json): Recorded;
}

const TEXTS = ['answer', 'response', 'output', 'text'] as const;
const IDS = ['uid', 'question_id', 'prompt_id', 'id'] as const;

const FORMS: readonly AnswerForm[] = [
  {
    name: 'Arena-Hard v2 answers',
    fields: 'uid, model, messages with the assistant turn',
    recognises: (record) => 'messages' in record,
    read: ({ messages }) => fromMessages(messages),
  },
  {
    name: 'MT-bench and Arena-Hard v0.1 answers',
    fields: 'question_id, model_id, choices[0].turns',
    recognises: (record) => 'choices' in record,
    read: ({ choices }) => ({ turns: fromChoices(choices) }),
  },
  {
    name: 'AlpacaEval outputs',
    fields: 'instruction, output, generator',
    recognises: (record) => 'instruction' in record && 'output' in record,
    read: (record) => ({ turns: [textOf(record, ['output'])], promptText: instructionOf(record) }),
  },
  {
    name: 'plain answers',
    fields: 'prompt, prompt_id or id, and answer, response, output or text',
    recognises: (record) => [...TEXTS, ...IDS, 'prompt'].some((field) => field in record),
    read(record) {
      const promptText = firstText(record, ['prompt', 'instruction']);
      return { turns: [textOf(record, TEXTS)], ...(promptText === undefined ? {} : { promptText }) };
    },
  },
];

/** Reads a record in whichever form it is. @throws Error that says what is wrong; of a form that is not known, with those that are. */
export function readRecorded(record: Json): Recorded {
  const form = FORMS.find((one) => one.recognises(record));
  if (form) return form.read(record);
  throw new Error(
    `it is no answer in a form that we know; known are ${FORMS.map(({ name, fields }) => `${name} (${fields})`).join('; ')}`,
  );
}

/** The id that a record's prompt had at its source. */
export function originalIdOf(record: Json): string | undefined {
  const value = IDS.map((name) => record[name]).find((one) => typeof one === 'string' || typeof one === 'number');
  return value === undefined ? undefined : String(value);
}

export function modelOf(record: Json): string | null {
  return firstText(record, ['model', 'model_id', 'generator']) ?? null;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fromMessages(messages: unknown): Recorded {
  const ofRole = (role: string) =>
    (Array.isArray(messages) ? messages : [])
      .filter((message) => isObject(message) && message['role'] === role)
      .map((message) => content(message));
  const turns = ofRole('assistant');
  if (turns.length === 0) throw new Error('`messages` holds no assistant turn');
  const asked = ofRole('user');
  return { turns, ...(asked.length === 0 ? {} : { promptText: asked.join('\n\n') }) };
}

function fromChoices(choices: unknown): string[] {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const turns = isObject(choice) ? choice['turns'] : undefined;
  if (!Array.isArray(turns) || turns.length === 0) throw new Error('`choices[0].turns` holds no answer');
  return turns.map((turn) => content(turn));
}

/** AlpacaEval's older data part an instruction from its input; its annotator joins them by a blank line (pairwise_evaluator.py). */
function instructionOf(record: Json): string {
  const instruction = textOf(record, ['instruction']);
  const input = record['input'];
  return typeof input === 'string' && input !== '' ? `${instruction}\n\n${input}` : instruction;
}

function textOf(record: Json, names: readonly string[]): string {
  const text = firstText(record, names);
  if (text === undefined) throw new Error(`it holds no text as ${names.map((name) => `\`${name}\``).join(', ')}`);
  return text;
}

/** Text of a turn: itself, or its `content`, or its `answer`. */
function content(turn: unknown): string {
  const text = isObject(turn) ? (turn['content'] ?? turn['answer']) : turn;
  if (typeof text === 'string') return text;
  if (isObject(text)) return content(text);
  throw new Error('an answer or a question is not text');
}

function firstText(record: Json, names: readonly string[]): string | undefined {
  return names.map((name) => record[name]).find((one) => typeof one === 'string');
}
