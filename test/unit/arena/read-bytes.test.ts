import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { createTable, observationsOf } from '../../../src/arena/battle-table';
import { readBattles } from '../../../src/arena/read-battles';
import { createByteNames } from '../../../src/arena/read/byte-names';
import { csvRows } from '../../../src/arena/read/csv-rows';
import { jsonElements } from '../../../src/arena/read/json-array';
import { jsonRows } from '../../../src/arena/read/json-rows';
import { feed } from '../../../src/arena/read/source';
import { createWinners } from '../../../src/arena/read/winners';
import type { Observation } from '../../../src/arena/types';
import { temporaryFile } from './helpers';

/** Names that are awkward in CSV or JSON; never white space at an end, which is trimmed. */
const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom('a', 'gpt-4', 'a,b', 'say "hi"', 'two\nlines', 'back\\slash', 'né 🦙', '1e3', 'null'),
  )
  .filter((text) => text.trim() === text && text !== '' && !/[\ud800-\udfff]/u.test(text) && !text.includes('\r'));
const winners = { 1: 'model_a', 0: 'model_b', 0.5: 'tie' } as const;
const observation: fc.Arbitrary<Observation> = fc
  .record({
    a: name,
    b: name,
    score: fc.constantFrom<0 | 0.5 | 1>(0, 0.5, 1),
    weight: fc.constantFrom(1, 0.5, 2.25),
    prompt: fc.option(name),
  })
  .filter(({ a, b }) => a !== b);

interface Style {
  quoteAll: boolean;
  crlf: boolean;
  blank: boolean;
  lastEnd: boolean;
  piece: number;
}
const style: fc.Arbitrary<Style> = fc.record({
  quoteAll: fc.boolean(),
  crlf: fc.boolean(),
  blank: fc.boolean(),
  lastEnd: fc.boolean(),
  piece: fc.integer({ min: 1, max: 40 }),
});

function csvOf(rows: readonly Observation[], { quoteAll, crlf, blank, lastEnd }: Style): string {
  const field = (text: string) => (quoteAll || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map(({ a, b, score, weight, prompt }) =>
    [field(b), 'x', field(a), field(prompt ?? ''), winners[score], weight === 1 ? '' : String(weight)].join(','),
  );
  const end = crlf ? '\r\n' : '\n';
  return (
    ['model_b,note,model_a,prompt_id,winner,weight', ...(blank ? [''] : []), ...lines].join(end) + (lastEnd ? end : '')
  );
}

function jsonOf(rows: readonly Observation[], { quoteAll, crlf, blank, lastEnd }: Style): string {
  const lines = rows.map(({ a, b, score, weight, prompt }) => {
    const row = {
      id: -1.5,
      ok: null,
      model_a: a,
      model_b: b,
      winner: winners[score],
      ...(prompt === null ? {} : { prompt_id: prompt }),
    };
    return JSON.stringify({
      ...row,
      ...(weight === 1 ? {} : { weight }),
      ...(quoteAll ? { more: { nested: [1] } } : {}),
    });
  });
  const end = crlf ? '\r\n' : '\n';
  return [...(blank ? [' '] : []), ...lines].join(end) + (lastEnd ? end : '');
}

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readBy(reader: typeof csvRows, text: string, size: number): Promise<Observation[]> {
  const [models, prompts] = [createByteNames(), createByteNames()];
  const table = createTable(models, prompts);
  await feed(pieces(text, size), reader('file', table, models, prompts, createWinners()), 'file');
  return [...observationsOf(table.finish())];
}

describe('readers of bytes', () => {
  it('read what was written as CSV, however it comes in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(observation, { maxLength: 12 }), style, async (rows, how) => {
        expect(await readBy(csvRows, csvOf(rows, how), how.piece)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('read what was written as JSONL, however it comes in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(observation, { maxLength: 12 }), style, async (rows, how) => {
        expect(await readBy(jsonRows, jsonOf(rows, how), how.piece)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('take a JSON array apart, however it comes in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (values, size) => {
          const seen: unknown[] = [];
          await feed(
            pieces(`\n${JSON.stringify(values, null, 1)}\n`, size),
            jsonElements('file', (text) => seen.push(JSON.parse(text))),
            'file',
          );
          expect(seen).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['{"model_a":"a" "model_b":"b","winner":"tie"}', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"tie"} x', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"tie"', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"ti\te"}', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"tie","n":01}', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"tie","n":nope}', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"tie",}', 'line 1: is not JSON'],
    ['{"model_a":"a","model_b":"b","winner":"draw"}', 'line 1, winner: "draw" is no winner'],
    ['{"model_a":"a","model_b":"b","winner":1}', 'line 1, winner: 1 is no winner'],
    ['{"model_a":"a","model_b":"b","winner":"tie","weight":-1}', 'line 1, weight: -1 is no weight'],
    ['{"model_a":"a","model_b":"a","winner":"tie"}', 'plays against itself'],
  ])('refuse %s, also behind a line that looks alike', async (text, message) => {
    await expect(readBy(jsonRows, text, 1000)).rejects.toThrow(message);
    await expect(readBy(jsonRows, `${text}\n`, 1000)).rejects.toThrow(message);
    const good = '{"model_a":"a","model_b":"b","winner":"tie"}';
    await expect(readBy(jsonRows, `\n${good}\n${good}\n${text}\n`, 1000)).rejects.toThrow(
      message.replace('line 1', 'line 4'),
    );
  });

  it('take the last of a field that stands twice, as JSON.parse does', async () => {
    const text = '{"model_a":"x","model_a":"a","model_b":"b","winner":"tie"}';
    expect(await readBy(jsonRows, text, 1000)).toMatchObject([{ a: 'a' }]);
  });

  it.each([
    ['[{"model_a":"a"', /the JSON array does not end/],
    ['[{"model_a":"a","model_b":"b","winner":"tie"}] x', /something stands behind/],
    ['[1]', /line 1: is not an object/],
    ['[]', /holds no battles/],
  ])('refuse the array %s', async (text, message) => {
    await expect(readBattles(temporaryFile('array.json', text))).rejects.toThrow(message);
  });
});

describe('compressed files', () => {
  const text = 'model_a,model_b,winner,prompt_id\na,b,tie,p\nb,c,model_a,q\n';
  const rows = [
    { a: 'a', b: 'b', score: 0.5, weight: 1, prompt: 'p' },
    { a: 'b', b: 'c', score: 1, weight: 1, prompt: 'q' },
  ];
  const read = async (content: Uint8Array) => {
    const file = temporaryFile('battles.any', '');
    writeFileSync(file, content);
    return [...observationsOf((await readBattles(file)).table)];
  };
  /** `text` by the zstd command line. */
  const zstd = Buffer.from(
    'KLUv/QRYtQEAxAJtb2RlbF9hLGIsd2lubmVyLHByb21wdF9pZAphLGIsdGllLHAKYixjYSxxCgIAUCq/DYULOmo+8w==',
    'base64',
  );

  it('are read by their first bytes, whatever their name', async () => {
    expect(await read(gzipSync(text))).toEqual(rows);
    expect(await read(zstd)).toEqual(rows);
    expect(await read(Buffer.concat([gzipSync(text.slice(0, 40)), gzipSync(text.slice(40))]))).toEqual(rows);
  });

  it('are refused when they are cut off or broken', async () => {
    await expect(read(gzipSync(text).subarray(0, 40))).rejects.toThrow(/ends too early; copy it again/);
    const broken = Buffer.from(gzipSync(text));
    broken[20]! ^= 0xff;
    await expect(read(broken)).rejects.toThrow(/the compressed file is broken .*; copy it again/);
    await expect(read(zstd.subarray(0, 12))).rejects.toThrow(/ends too early|broken/);
  });
});
