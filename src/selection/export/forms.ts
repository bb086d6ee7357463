import type { PairRow, PromptRow, SftRow, TrainingRow } from '../rows';

/** Forms in which other trainers read training rows. Only `trl` and `parquet` keep the lineage (`meta`). */
export const EXPORT_FORMS = ['trl', 'llama-factory', 'openrlhf', 'openai', 'parquet'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** What kind of rows a dataset holds: by its fields, not its name. */
export type RowKind = 'sft' | 'pairs' | 'prompts';

export function kindOf(row: TrainingRow): RowKind {
  return 'completion' in row ? 'sft' : 'chosen' in row ? 'pairs' : 'prompts';
}

/** One row in a form; null where the form has none of this kind. */
type Convert = (row: TrainingRow) => Record<string, unknown> | null;

const isSft = (row: TrainingRow): row is SftRow => kindOf(row) === 'sft';
const isPair = (row: TrainingRow): row is PairRow => kindOf(row) === 'pairs';

/**
 * LLaMA-Factory (data/README.md): the OpenAI variant of sharegpt for answers and pairs; prompts alone as alpaca rows with an
 * empty output, because its sharegpt reader drops dialogues that end with the user.
 */
const llamaFactory: Convert = (row) => {
  if (isSft(row)) return { messages: [...row.prompt, ...row.completion] };
  if (isPair(row)) return { messages: row.prompt, chosen: row.chosen.at(-1), rejected: row.rejected.at(-1) };
  return alpaca(row);
};

function alpaca({ prompt }: PromptRow): Record<string, unknown> {
  const system = prompt.find(({ role }) => role === 'system')?.content ?? '';
  const turns = prompt.filter(({ role }) => role !== 'system').map(({ content }) => content);
  const history = Array.from({ length: Math.floor((turns.length - 1) / 2) }, (_, i) => [
    turns[2 * i],
    turns[2 * i + 1],
  ]);
  return { system, history, instruction: turns.at(-1) ?? '', input: '', output: '' };
}

/**
 * OpenRLHF (openrlhf/datasets): `--input_key input --output_key output` for SFT, `--prompt_key prompt --chosen_key chosen
 * --rejected_key rejected` for pairs, `--input_key input` for prompts, each with `--apply_chat_template`.
 */
const openRlhf: Convert = (row) => {
  if (isSft(row)) return { input: row.prompt, output: row.completion };
  if (isPair(row)) return { prompt: row.prompt, chosen: row.chosen, rejected: row.rejected };
  return { input: row.prompt };
};

/** What hosted services take: `messages`, and for preferences `input`, `preferred_output`, `non_preferred_output`. */
const openAi: Convert = (row) => {
  if (isSft(row)) return { messages: [...row.prompt, ...row.completion] };
  if (isPair(row))
    return { input: { messages: row.prompt }, preferred_output: row.chosen, non_preferred_output: row.rejected };
  return null;
};

const asIs: Convert = (row) => ({ ...row });

export const CONVERT: Readonly<Record<ExportForm, Convert>> = {
  trl: asIs,
  parquet: asIs,
  'llama-factory': llamaFactory,
  openrlhf: openRlhf,
  openai: openAi,
};

/** LLaMA-Factory's `dataset_info.json` for one exported file. */
export function datasetInfo(name: string, file: string, kind: RowKind): Record<string, unknown> {
  if (kind === 'prompts')
    return { [name]: { file_name: file, formatting: 'alpaca', columns: { system: 'system', history: 'history' } } };
  const tags = {
    role_tag: 'role',
    content_tag: 'content',
    user_tag: 'user',
    assistant_tag: 'assistant',
    system_tag: 'system',
  };
  const pairs = kind === 'pairs';
  const columns = { messages: 'messages', ...(pairs ? { chosen: 'chosen', rejected: 'rejected' } : {}) };
  return { [name]: { file_name: file, formatting: 'sharegpt', ...(pairs ? { ranking: true } : {}), columns, tags } };
}
