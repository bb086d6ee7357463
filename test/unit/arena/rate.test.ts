import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../../src/arena/input-error';
import { rate } from '../../../src/arena/rate';
import { observationsOf } from '../../../src/arena/battle-table';
import { readBattles } from '../../../src/arena/read-battles';
import type { Observation, RatingTable } from '../../../src/arena/types';
import { battle, describeShared, SHARED, shuffled, simulate } from './helpers';

const STRENGTHS = [1, 0.4, 0, -0.3, -1.1];
const arena = simulate({ seed: 4, strengths: STRENGTHS, prompts: 60, promptEffect: 0.5 });

/** Reverses the alphabet of the models. */
const renameModel = (model: string): string => `z${9 - Number(model.slice(1))}`;

/** Sum of the intervals' widths. */
const width = (table: RatingTable): number => table.models.reduce((sum, { lower, upper }) => sum + upper! - lower!, 0);

const withoutBattles = (observations: readonly Observation[]): Observation[] =>
  observations.map(({ a, b, score, weight, prompt }) => ({ a, b, score, weight, prompt }));

const row = (table: RatingTable, model: string) => table.models.find((rated) => rated.model === model)!;

describe('rate', () => {
  it('rates best first around a mean of 1000, with ordered finite intervals and weighted counts', () => {
    const table = rate(arena);
    expect(table.models.map(({ model }) => model)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(table.models.reduce((sum, { fit }) => sum + fit, 0) / 5).toBeCloseTo(1000, 8);
    expect(table).toMatchObject({
      resample: 'prompt',
      clusters: 60,
      rounds: 1000,
      seed: 0,
      point: 'median',
      warnings: [],
    });
    for (const { rating, fit, lower, upper, se, battles, wins, losses, ties } of table.models) {
      expect(lower!).toBeLessThan(rating);
      expect(upper!).toBeGreaterThan(rating);
      expect(Math.abs(rating - fit)).toBeLessThan(se! / 4);
      expect(battles).toBe(60 * 4);
      expect(wins + losses + ties).toBe(battles);
    }
  });

  it('gives the same table for the same seed, in any order of rows, and another for another seed', () => {
    expect(rate(shuffled(arena, 1))).toEqual(rate(arena));
    expect(rate(arena, { seed: 1 }).models.map(({ lower }) => lower)).not.toEqual(
      rate(arena).models.map(({ lower }) => lower),
    );
    expect(rate(arena, { seed: 1 }).models.map(({ fit }) => fit)).toEqual(rate(arena).models.map(({ fit }) => fit));
    const byBattle = { resample: 'battle' } as const;
    expect(rate(shuffled(arena, 2), byBattle)).toEqual(rate(arena, byBattle));
  });

  it('does not care which of the two a row names first', () => {
    const turned = arena.map((one): Observation => ({
      ...one,
      a: one.b,
      b: one.a,
      score: (1 - one.score) as 0 | 0.5 | 1,
    }));
    expect(rate(turned)).toEqual(rate(arena));
  });

  it('does not care about names: fits and errors follow the model', () => {
    const renamed = rate(arena.map((one) => ({ ...one, a: renameModel(one.a), b: renameModel(one.b) })));
    for (const { model, fit, se } of rate(arena).models) {
      expect(row(renamed, renameModel(model)).fit).toBeCloseTo(fit, 8);
      expect(row(renamed, renameModel(model)).se).toBeCloseTo(se!, 8);
    }
  });

  it('fixes one model at its rating with an interval of no width, and shifts the others with it', () => {
    const table = rate(arena, { anchor: { model: 'm3', rating: 1100 } });
    expect(row(table, 'm3')).toMatchObject({ rating: 1100, fit: 1100, lower: 1100, upper: 1100, se: 0 });
    const free = rate(arena);
    expect(row(table, 'm0').fit - row(table, 'm4').fit).toBeCloseTo(row(free, 'm0').fit - row(free, 'm4').fit, 8);
    const lower = rate(arena, { anchor: { model: 'm3', rating: 100 } });
    for (const { model, rating, lower: low, upper, se } of table.models) {
      expect(row(lower, model).rating).toBeCloseTo(rating - 1000, 8);
      expect(row(lower, model).lower).toBeCloseTo(low! - 1000, 8);
      expect(row(lower, model).upper).toBeCloseTo(upper! - 1000, 8);
      expect(row(lower, model).se).toBeCloseTo(se!, 8);
    }
  });

  it('holds the mean of some models', () => {
    const table = rate(arena, { anchor: { models: ['m1', 'm2', 'm4'], mean: 900 }, point: 'fit' });
    expect((row(table, 'm1').rating + row(table, 'm2').rating + row(table, 'm4').rating) / 3).toBeCloseTo(900, 8);
  });

  it('keeps the old fits when one game of weight 2 replaces two equal ones', () => {
    const doubled = arena.map((one) => ({ ...one, weight: 2 * one.weight }));
    const twice = [...arena, ...arena];
    for (const { model, fit } of rate(doubled, { rounds: 0 }).models) {
      expect(row(rate(twice, { rounds: 0 }), model).fit).toBeCloseTo(fit, 9);
    }
  });

  it('resamples the two games of a battle together', () => {
    const wide = rate(arena, { resample: 'battle' });
    const narrow = rate(withoutBattles(arena), { resample: 'battle' });
    expect(wide.clusters).toBe(600);
    expect(narrow.clusters).toBe(1200);
    // Two equal games in one battle tell as much as one of twice the weight, not as two.
    const copies = arena.filter((_, index) => index % 2 === 0).flatMap((one) => [one, one]);
    const ratio =
      width(rate(copies, { resample: 'battle' })) / width(rate(withoutBattles(copies), { resample: 'battle' }));
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(1.55);
  });

  it('resamples by battle with a warning where prompts are unknown', () => {
    const table = rate(arena.map((one) => ({ ...one, prompt: null })));
    expect(table.resample).toBe('battle');
    expect(table.warnings[0]).toMatch(/name no prompt.*by battle/);
    expect(rate(arena, { resample: 'battle' }).warnings).toEqual([]);
    // Standard errors stay clustered by prompt where it is known.
    expect(row(rate(arena, { resample: 'battle' }), 'm0').se).toBe(row(rate(arena), 'm0').se);
  });

  it('gives bootstrap and sandwich that agree', () => {
    for (const { lower, upper, se } of rate(arena, { rounds: 4000 }).models) {
      expect((upper! - lower!) / (2 * 1.96 * se!)).toBeGreaterThan(0.9);
      expect((upper! - lower!) / (2 * 1.96 * se!)).toBeLessThan(1.1);
    }
  });

  it('without rounds gives the fit and its error, and no interval', () => {
    const [best] = rate(arena, { rounds: 0 }).models;
    expect(best).toMatchObject({ lower: null, upper: null, rating: best!.fit });
    expect(best!.se).toBeGreaterThan(0);
  });

  it('claims nothing from one prompt, and warns about few', () => {
    const one = rate(arena.filter(({ prompt }) => prompt === 'p0'));
    for (const { lower, upper, se } of one.models) expect([lower, upper, se]).toEqual([null, null, null]);
    expect(one.warnings.join()).toMatch(/only one prompt/);
    expect(rate(arena.filter(({ prompt }) => prompt! < 'p15')).warnings.join()).toMatch(/only \d prompts/);
  });

  it('covers the truth by prompt, and not by battle, where battles of one prompt are alike', () => {
    const strengths = [1, 0.5, 0.2, -0.2, -0.5, -1];
    // What the fit estimates is the strength after the prompt effects are averaged out: taken from one large arena.
    const truth = rate(simulate({ seed: 999, strengths, prompts: 4000, promptEffect: 1 }), { rounds: 0 });
    const covered = { prompt: 0, battle: 0, se: 0 };
    const arenas = 60;
    for (let seed = 0; seed < arenas; seed++) {
      const observations = simulate({ seed, strengths, prompts: 80, promptEffect: 1 });
      for (const resample of ['prompt', 'battle'] as const) {
        for (const { model, lower, upper, fit, se } of rate(observations, { resample, rounds: 150 }).models) {
          const goal = row(truth, model).fit;
          if (lower! <= goal && goal <= upper!) covered[resample] += 1;
          if (resample === 'prompt' && Math.abs(fit - goal) <= 1.99 * se!) covered.se += 1;
        }
      }
    }
    const share = (count: number): number => count / (arenas * strengths.length);
    // 360 intervals, the six of an arena dependent: the Monte-Carlo error is about 1.3 points.
    expect(share(covered.prompt)).toBeGreaterThan(0.89);
    expect(share(covered.prompt)).toBeLessThan(0.98);
    expect(share(covered.se)).toBeGreaterThan(0.91);
    expect(share(covered.se)).toBeLessThan(0.99);
    expect(share(covered.battle)).toBeLessThan(0.88);
  });

  it('refuses what it cannot rate, with the cure', () => {
    expect(() => rate([])).toThrow(/no battles to rate; give/);
    expect(() => rate(arena, { anchor: { model: 'nobody', rating: 1 } })).toThrow(
      /"nobody" is not among the models; choose one of: m0, m1/,
    );
    expect(() => rate(arena, { anchor: { models: [], mean: 1 } })).toThrow(/names no model/);
    expect(() => rate(arena, { anchor: { model: 'm0', rating: NaN } })).toThrow(/must be a number, not NaN/);
    expect(() => rate(arena, { rounds: 1.5 })).toThrow(/rounds must be a whole number/);
    expect(() => rate([battle('a', 'b', 1)], { resample: 'prompt' })).toThrow(
      /1 of 1 battles name no prompt.*add prompt_id/,
    );
    expect(() => rate([battle('a', 'a', 1)])).toThrow(/"a" plays against itself/);
    expect(() => rate([{ ...battle('a', 'b', 1), weight: NaN }])).toThrow(/weight NaN/);
    expect(() => rate([{ ...battle('a', 'b', 1), weight: -1 }])).toThrow(/observation 0: weight -1/);
    expect(() => rate([])).toThrow(InputError);
  });
});

describeShared('MT-bench (../shared/data)', () => {
  it.each([
    ['gpt4_pair', 'expected-gpt4-pair'],
    ['human', 'expected-human'],
  ])('%s: ratings, clustered and plain standard errors to 1e-4', async (votes, expected) => {
    interface Expected {
      models: Record<string, { rating: number; se_cluster: number; se_sandwich: number }>;
    }
    const file = join(SHARED, 'mt-bench', `${votes}.jsonl`);
    const { models } = JSON.parse(readFileSync(join(SHARED, 'mt-bench', `${expected}.json`), 'utf8')) as Expected;
    const questions = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => String((JSON.parse(line) as { question_id: number }).question_id));
    const battles = [...observationsOf((await readBattles(file)).table)];
    const clustered = rate(
      battles.map((one, index) => ({ ...one, prompt: questions[index]! })),
      { rounds: 0 },
    );
    const plain = rate(
      battles.map((one) => ({ ...one, prompt: null })),
      { rounds: 0 },
    );
    expect(clustered.models).toHaveLength(6);
    for (const { model, rating, se } of clustered.models) {
      expect(Math.abs(rating - models[model]!.rating)).toBeLessThan(1e-4);
      expect(Math.abs(se! - models[model]!.se_cluster)).toBeLessThan(1e-4);
      expect(Math.abs(row(plain, model).se! - models[model]!.se_sandwich)).toBeLessThan(1e-4);
    }
  });
});
