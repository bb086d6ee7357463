import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvRecords } from '../../../src/arena/csv';
import { onlineElo, type EloGame } from '../../../src/arena/elo';
import { describeShared, SHARED } from './helpers';

function records(file: string): Record<string, string>[] {
  const [header, ...rows] = [...csvRecords(readFileSync(file, 'utf8'), file)].map(({ fields }) => fields);
  return rows.map((fields) => Object.fromEntries(header!.map((name, i) => [name, fields[i]!])));
}

describeShared('evalica golden files (../shared/data)', () => {
  it.each(['food', 'simple', 'llmfao'])('%s: online Elo in file order to 1e-9', (name) => {
    const games = records(join(SHARED, 'evalica', `${name}.csv`)).map(({ left, right, winner }): EloGame => ({
      a: left!,
      b: right!,
      score: winner === 'left' ? 1 : winner === 'right' ? 0 : 0.5,
    }));
    const golden = records(join(SHARED, 'evalica', `${name}-golden.csv`)).filter((row) => row.algorithm === 'elo');
    const ours = onlineElo(games);
    expect(golden).toHaveLength(ours.size);
    for (const { item, score } of golden) expect(Math.abs(ours.get(item!)! - Number(score))).toBeLessThanOrEqual(1e-9);
  });
});

describe('onlineElo', () => {
  it('moves both by k times the surprise', () => {
    expect([...onlineElo([{ a: 'x', b: 'y', score: 1 }], { k: 32, start: 1500 })]).toEqual([
      ['x', 1516],
      ['y', 1484],
    ]);
    // 400 points apart the favourite expects 10 of 11.
    const games = [{ a: 'x', b: 'y', score: 1 }];
    const spread = onlineElo([...games, { a: 'x', b: 'y', score: 0.5 }], { k: 400, start: 0 });
    expect(spread.get('x')).toBeCloseTo(200 + 400 * (0.5 - 10 / 11), 10);
  });

  it('keeps the sum of ratings and depends on the order of the games', () => {
    const games = [
      { a: 'x', b: 'y', score: 1 },
      { a: 'y', b: 'z', score: 1 },
      { a: 'z', b: 'x', score: 1 },
    ];
    const forth = onlineElo(games);
    const back = onlineElo([...games].reverse());
    expect([...forth.values()].reduce((sum, rating) => sum + rating)).toBeCloseTo(3000, 9);
    expect(forth.get('x')).not.toBeCloseTo(back.get('x')!, 6);
  });

  it('refuses what is no game or no scale, and says where', () => {
    expect(() => onlineElo([{ a: 'x', b: 'x', score: 1 }])).toThrow(/game 0: "x" plays against itself/);
    const late = [
      { a: 'x', b: 'y', score: 1 },
      { a: 'x', b: 'y', score: NaN },
    ];
    expect(() => onlineElo(late)).toThrow(/game 1: score NaN/);
    expect(() => onlineElo([], { scale: 0 })).toThrow(/scale: must lie above 0/);
    expect(() => onlineElo([], { base: 1 })).toThrow(/base: must lie above 1/);
    expect(() => onlineElo([], { k: NaN })).toThrow(/k: must be a number/);
  });
});
