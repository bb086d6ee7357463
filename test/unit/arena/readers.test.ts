import { observationsOf } from '../../../src/arena/battle-table';
import { InputError } from '../../../src/arena/input-error';
import { readBattles } from '../../../src/arena/read-battles';
import { readRatings } from '../../../src/arena/read-ratings';
import { temporaryFile } from './helpers';

const battlesIn = async (file: string) => [...observationsOf((await readBattles(file)).table)];
const csv = (content: string | Uint8Array) => battlesIn(temporaryFile('battles.csv', content));
const read = (content: string) => readRatings(temporaryFile('ratings.csv', content));
const jsonl = (...rows: unknown[]) =>
  battlesIn(temporaryFile('battles.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')));

describe('readBattles', () => {
  it('reads CSV with byte order mark, CRLF, columns in any order and blank lines', async () => {
    expect(
      await csv('\uFEFFwinner,x,model_b,model_a,prompt_id,weight\r\nmodel_a,1,b,a,p1,\r\n\r\nboth_bad,2,c,a,,0.5\r\n'),
    ).toEqual([
      { a: 'a', b: 'b', score: 1, weight: 1, prompt: 'p1' },
      { a: 'a', b: 'c', score: 0.5, weight: 0.5, prompt: null },
    ]);
  });

  it('reads quoted names with commas, quotes, line breaks and emoji, and counts lines on', async () => {
    const long = 'x'.repeat(1000);
    const text = `model_a,model_b,winner\n"a, b","say ""hi"" 🦙",model_b\n"two\nlines",${long},tie\n`;
    expect(await csv(text)).toEqual([
      { a: 'a, b', b: 'say "hi" 🦙', score: 0, weight: 1, prompt: null },
      { a: 'two\nlines', b: long, score: 0.5, weight: 1, prompt: null },
    ]);
    await expect(csv(`${text}a,a,tie\n`)).rejects.toThrow(/line 5, model_b: "a" plays against itself/);
  });

  it('reads JSONL with numbers as ids, and every known word of a winner', async () => {
    const words = ['model_a', 'model_b', 'tie', 'tie (bothbad)', 'both_bad', 'tie (inconsistent)'];
    const rows = words.map((winner, prompt_id) => ({ model_a: 'a', model_b: 'b', winner, prompt_id }));
    expect((await jsonl(...rows)).map(({ score }) => score)).toEqual([1, 0, 0.5, 0.5, 0.5, 0.5]);
    expect((await jsonl(...rows)).map(({ prompt }) => prompt)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it.each([
    ['winner,model_b\n', /battles\.csv, line 1: is no battle in a form that we know.*model_a, model_b, winner/],
    ['model_a,model_b,winner,winner\n', /names the column winner twice/],
    ['', /battles\.csv: holds no battles/],
    ['model_a,model_b,winner\n', /holds no battles/],
    ['model_a,model_b,winner\na,b,A\n', /line 2, winner: "A" is no winner; write model_a, model_b, tie/],
    ['model_a,model_b,winner\na,b\n', /line 2: has 2 fields, the header 3; put names with commas/],
    ['model_a,model_b,winner\na,,tie\n', /line 2, model_b: "" is no model's name/],
    ['model_a,model_b,winner,weight\na,b,tie,NaN\n', /line 2, weight: "NaN" is no weight/],
    ['model_a,model_b,winner,weight\na,b,tie,-1\n', /line 2, weight: "-1" is no weight/],
    ['model_a,model_b,winner\n"a,b,tie\n', /line 2: a quote is opened and never closed/],
    ['model_a,model_b,winner\n"a"x,b,tie\n', /line 2: text behind a closing quote/],
  ])('refuses the CSV %j', async (text, message) => {
    await expect(csv(text)).rejects.toThrow(message);
    await expect(csv(text)).rejects.toThrow(InputError);
  });

  it('refuses broken JSONL with its line', async () => {
    const good = { model_a: 'a', model_b: 'b', winner: 'tie' };
    await expect(jsonl(good, { ...good, winner: 1 })).rejects.toThrow(/line 2, winner: 1 is no winner/);
    await expect(jsonl(good, { model_a: 'a', winner: 'tie' })).rejects.toThrow(/line 2, model_b: is missing/);
    await expect(jsonl(good, [good])).rejects.toThrow(/line 2: is not an object/);
    await expect(jsonl({ ...good, weight: '1e999' })).rejects.toThrow(/line 1, weight/);
    await expect(jsonl({ ...good, prompt_id: {} })).rejects.toThrow(/line 1, prompt_id: \{\} is no prompt's id/);
    await expect(readBattles(temporaryFile('cut.jsonl', '{"model_a": "a"'))).rejects.toThrow(
      /cut\.jsonl, line 1: is not JSON/,
    );
  });

  it('refuses a file that is not there or no UTF-8', async () => {
    await expect(readBattles('/nowhere/battles.csv')).rejects.toThrow(/\/nowhere\/battles\.csv: no such file/);
    await expect(readBattles(temporaryFile('latin.csv', Uint8Array.of(0x61, 0xe9, 0x0a)))).rejects.toThrow(
      /is not UTF-8/,
    );
  });

  it('marks its errors so that they are known across copies of the package', () => {
    const error = new InputError('no', { file: 'f', line: 3, field: 'x' });
    expect(error).toMatchObject({ code: 'BAD_INPUT', message: 'f, line 3, x: no', place: { line: 3 } });
    expect(InputError.isInstance(error)).toBe(true);
    expect(InputError.isInstance(new Error('no'))).toBe(false);
  });
});

describe('readRatings', () => {
  it('reads a table, an empty end as no limit', () => {
    expect(read('\uFEFFrating,model,upper,lower,votes\r\n1100,"a, b",1110,1090,9\r\n900,c,,880,\r\n')).toEqual([
      { model: 'a, b', rating: 1100, lower: 1090, upper: 1110 },
      { model: 'c', rating: 900, lower: 880, upper: null },
    ]);
  });

  it.each([
    ['', /ratings\.csv: is empty/],
    ['model,rating\na,1\n', /line 1: the header has no column lower/],
    ['model,rating,lower,upper\n', /holds no models/],
    ['model,rating,lower,upper\na,x,1,2\n', /line 2, rating: "x" is no number/],
    ['model,rating,lower,upper\na,,1,2\n', /line 2, rating: "" is no number/],
    [
      'model,rating,lower,upper\na,1000,4,5\n',
      /line 2: the interval 4 to 5 does not hold the rating 1000; lower and upper are ratings, not distances/,
    ],
    ['model,rating,lower,upper\na,1,1,1\na,2,2,2\n', /line 3, model: "a" is there twice/],
    ['model,rating,lower,upper\n,1,1,1\n', /line 2, model: is empty/],
    ['model,rating,lower,upper\na,1,1\n', /line 2: has 3 fields, the header 4/],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
