import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonPath } from '../../src/embedded/paths';
import { exportRows } from '../../src/selection/export/export';
import { EXPORT_FORMS, type ExportForm } from '../../src/selection/export/forms';
import { said, type RowMeta, type TrainingRow } from '../../src/selection/rows';

const meta: RowMeta = { run: 'r', round: 1, stage: 'dpo', prompt: 'p', battles: ['r/r1-dpo-a1/training#3'], gap: 2.5 };
const hostile = 'Grüße "quoted"\n\tline two 🎈 \u2028 end';
const asked: TrainingRow['prompt'] = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'Hello?' },
  { role: 'assistant', content: 'Hello.' },
  { role: 'user', content: hostile },
];
const rows = {
  sft: [1, 2].map((n) => ({ prompt: asked, completion: said(`answer ${n}`), meta })),
  pairs: [1, 2].map((n) => ({ prompt: asked, chosen: said(`good ${n}`), rejected: said(hostile), meta })),
  prompts: [{ prompt: asked, meta }],
};

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-export-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = async (kind: keyof typeof rows, form: ExportForm) => {
  const file = join(folder, `${kind}-${form}.${form === 'parquet' ? 'parquet' : 'jsonl'}`);
  return exportRows(rows[kind], form, file);
};
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Reads the files with `datasets`, and lets TRL say what it makes of the rows. */
const READ_BY_TRL = `
import json, sys
from datasets import load_dataset
from trl.data_utils import is_conversational
out = {}
for path in sys.argv[1:]:
    data = load_dataset('parquet' if path.endswith('parquet') else 'json', data_files=path, split='train', cache_dir=sys.argv[1] + '.cache')
    meta = data[0]['meta']
    out[path] = {
        'rows': data.num_rows,
        'conversational': is_conversational(data[0]),
        'first': {key: data[0][key] for key in data.column_names if key != 'meta'},
        'battles': (json.loads(meta) if isinstance(meta, str) else meta)['battles'],
    }
print(json.dumps(out))
`;

it('is read back by TRL and datasets, JSONL and Parquet alike', async () => {
  const files = await Promise.all(
    (['trl', 'parquet'] as const).flatMap((form) =>
      (['sft', 'pairs', 'prompts'] as const).map(async (kind) => ({
        kind,
        file: (await written(kind, form)).files[0]!,
      })),
    ),
  );
  const text = execFileSync(pythonPath(), ['-c', READ_BY_TRL, ...files.map(({ file }) => file)], {
    env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  const read = JSON.parse(text) as Record<string, unknown>;
  for (const { kind, file } of files) {
    const { meta: _, ...first } = rows[kind][0]!;
    expect(read[file]).toEqual({ rows: rows[kind].length, conversational: true, first, battles: meta.battles });
  }
});

it("gives LLaMA-Factory's, OpenRLHF's and the hosted services' documented fields", async () => {
  const llama = await written('pairs', 'llama-factory');
  expect(lines(llama.files[0]!)[0]).toEqual({
    messages: asked,
    chosen: { role: 'assistant', content: 'good 1' },
    rejected: { role: 'assistant', content: hostile },
  });
  const info = JSON.parse(readFileSync(llama.files[1]!, 'utf8')) as Record<
    string,
    { ranking: boolean; columns: object }
  >;
  expect(info['pairs-llama-factory']).toMatchObject({
    file_name: 'pairs-llama-factory.jsonl',
    formatting: 'sharegpt',
    ranking: true,
    columns: { messages: 'messages', chosen: 'chosen', rejected: 'rejected' },
  });
  expect(lines((await written('prompts', 'llama-factory')).files[0]!)[0]).toEqual({
    system: 'Be kind.',
    history: [['Hello?', 'Hello.']],
    instruction: hostile,
    input: '',
    output: '',
  });
  expect(lines((await written('sft', 'openrlhf')).files[0]!)[1]).toEqual({ input: asked, output: said('answer 2') });
  expect(lines((await written('sft', 'openai')).files[0]!)[0]).toEqual({ messages: [...asked, ...said('answer 1')] });
  expect(lines((await written('pairs', 'openai')).files[0]!)[0]).toEqual({
    input: { messages: asked },
    preferred_output: said('good 1'),
    non_preferred_output: said(hostile),
  });
});

it('refuses what a form has no place for, and an empty dataset', async () => {
  await expect(written('prompts', 'openai')).rejects.toThrow(/openai has no place for prompts/);
  for (const form of EXPORT_FORMS) await expect(exportRows([], form, join(folder, 'none'))).rejects.toThrow(/no row/);
});
