import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { importFile } from '../../../src/prompts/import/import-file';
import { dialogueOf } from '../../../src/prompts/import/dialogue';
import { readJsonl } from '../../../src/prompts/import/jsonl';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-import-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: string | Uint8Array, name = 'rows') => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

async function imported(path: string) {
  const prompts = [];
  const drops = [];
  for await (const batch of importFile(path)) {
    prompts.push(...batch.prompts);
    drops.push(...batch.drops);
  }
  return { prompts, drops };
}

const texts = async (path: string) =>
  (await imported(path)).prompts.map(({ messages }) => messages.map(({ content }) => content));

describe('dialogueOf', () => {
  const user = (content: string) => ({ role: 'user', content });
  const assistant = (content: string) => ({ role: 'assistant', content });
  it.each([
    ['a text', 'hello', [user('hello')]],
    ['prompt', { prompt: 'hello' }, [user('hello')]],
    ['Alpaca', { instruction: 'Sum', input: '1 2', output: '3' }, [user('Sum\n\n1 2')]],
    ['Alpaca without input', { instruction: 'Sum', input: '', output: '3' }, [user('Sum')]],
    ['turns', { turns: ['one', 'two'] }, [user('one'), user('two')]],
    ['turns as objects', { turns: [{ content: 'one' }] }, [user('one')]],
    [
      'ShareGPT; the last answer is the player’s to give',
      {
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
          { from: 'human', value: 'c' },
          { from: 'gpt', value: 'd' },
        ],
      },
      [user('a'), assistant('b'), user('c')],
    ],
    [
      'OpenAI parts behind a system turn',
      {
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: [{ type: 'text', text: 'a' }] },
        ],
      },
      [user('a')],
    ],
  ])('%s', (_name, row, messages) => expect(dialogueOf(row)).toMatchObject({ messages }));

  it.each([
    [5, /wrong type/],
    [{ prompt: 5 }, /wrong type: prompt/],
    [{ text: 'a' }, /no prompt/],
    [{ prompt: ' ' }, /empty turn/],
    [{ messages: [user('a'), user('b')] }, /roles out of order/],
    [{ messages: [assistant('a'), user('b')] }, /roles out of order/],
    [{ messages: [user('a'), { role: 'system', content: 's' }] }, /roles out of order/],
    [{ messages: [{ role: 'system', content: 's' }] }, /no turn of a user/],
    [{ messages: [{ role: 'parrot', content: 'a' }] }, /unknown role: parrot/],
    [{ messages: [user('a'), assistant(' '), user('b')] }, /empty turn/],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, /wrong type: a turn/],
  ])('%j is a drop with its reason', (row, reason) =>
    expect(dialogueOf(row)).toEqual({ reason: expect.stringMatching(reason) as string }),
  );
});

describe('importFile', () => {
  const rows = ['first prompt', 'zweite – ünïcode', 'third\u2028with a separator'];
  const jsonl = rows.map((prompt) => JSON.stringify({ prompt })).join('\n');

  it.each([
    ['JSONL', jsonl],
    ['JSONL with mark and CRLF', `\uFEFF${jsonl.replaceAll('\n', '\r\n\r\n')}`],
    ['JSONL of texts', rows.map((text) => JSON.stringify(text)).join('\n')],
    [
      'a JSON array',
      JSON.stringify(
        rows.map((prompt) => ({ prompt })),
        null,
        2,
      ),
    ],
    ['CSV', `id,prompt\n${rows.map((text, at) => `${at},"${text}"`).join('\n')}`],
    ['gzip', gzipSync(jsonl)],
  ])('reads %s by its content', async (_name, content) =>
    expect(await texts(file(content))).toEqual(rows.map((text) => [text])),
  );

  it('reads Parquet row by row', async () => {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'prompt', data: rows, type: 'STRING' },
        { name: 'id', data: [1n, 2n, 3n], type: 'INT64' },
      ],
      rowGroupSize: 2,
    });
    const { prompts } = await imported(file(new Uint8Array(buffer)));
    expect(prompts.map(({ messages, originalId, line }) => [messages[0]?.content, originalId, line])).toEqual([
      [rows[0], '1', 1],
      [rows[1], '2', 2],
      [rows[2], '3', 3],
    ]);
  });

  it('keeps source, id, category and licence', async () => {
    const path = file('{"uid":"u","prompt":"a","category":"math","license":"mit"}', 'named.jsonl');
    expect((await imported(path)).prompts).toMatchObject([
      { source: 'named.jsonl', originalId: 'u', category: 'math', licence: 'mit', line: 1 },
    ]);
  });

  it('names every bad row with its line and keeps the good ones', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":1,"prompt":"good"}\n{"id":2,"prompt":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n{"id":1,"prompt":"other"}\n{"prompt":"nul \\u0000"}\n{"prompt":"real \uFFFD"}\n{"prompt":"half'),
    ]);
    const { prompts, drops } = await imported(file(bytes));
    expect(prompts.map(({ line }) => line)).toEqual([1, 5]);
    expect(drops).toEqual([
      { line: 2, reason: 'not UTF-8' },
      { line: 3, reason: 'id of an earlier row with another text' },
      { line: 4, reason: expect.stringContaining('NUL') as string },
      { line: 6, reason: expect.stringContaining('not JSON') as string },
    ]);
  });

  it('drops a line of 50 MB and reads on behind it', async () => {
    const { prompts, drops } = await imported(file(`{"prompt":"a"}\n"${'x'.repeat(50 << 20)}"\n{"prompt":"b"}\n`));
    expect(drops).toEqual([{ line: 2, reason: 'a line of more than 16 MB' }]);
    expect(prompts.map(({ line }) => line)).toEqual([1, 3]);
  });

  it.each([
    ['nothing', '', /rows: is empty/],
    ['blank lines', '\n \n', /rows: is empty/],
    ['an unknown form', 'just some text\n', /rows: is of no known form; give Parquet/],
    ['truncated gzip', gzipSync(jsonl.repeat(50)).subarray(0, 90), /rows: the compressed file ends too early/],
    ['a cut array', '[{"prompt": "a"},', /rows, line 1: the JSON array does not end/],
    ['an open quote', 'prompt\n"a\nb', /rows, line \d: is no CSV/],
    ['broken Parquet', 'PAR1 and no more', /rows: is no Parquet file/],
  ])('refuses %s in one sentence', async (_name, content, sentence) =>
    expect(imported(file(content))).rejects.toThrow(sentence),
  );

  it('refuses a missing file and a folder', async () => {
    await expect(imported(join(folder, 'none'))).rejects.toThrow(/none: no such file/);
    await expect(imported(folder)).rejects.toThrow(/is a folder/);
  });
});

it('finds the same rows however the bytes are cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 30 }),
      async (values, size) => {
        const bytes = Buffer.from(values.map((value) => JSON.stringify(value)).join('\n'));
        // One buffer for all pieces, as the reader of files has it.
        const buffer = Buffer.alloc(size);
        async function* pieces() {
          for (let from = 0; from < bytes.length; from += size)
            yield await Promise.resolve(buffer.subarray(0, bytes.copy(buffer, 0, from, from + size)));
        }
        const found = [];
        for await (const batch of readJsonl(pieces())) found.push(...batch);
        expect(found).toEqual(values.map((value, index) => ({ line: index + 1, value })));
      },
    ),
  );
});
