import { InputError } from '../../../src/arena/input-error';
import { fitLogistic, gradient, information, logit, type CovariateGames } from '../../../src/arena/logistic';
import { rate } from '../../../src/arena/rate';
import { sfc32, uniform } from '../../../src/arena/random';
import { rateWithStyle } from '../../../src/arena/style';
import { relativeDifference, type AnswerStyle } from '../../../src/arena/style-features';
import type { StyledObservation } from '../../../src/arena/style-games';
import { battle } from './helpers';

const POINTS = 400 / Math.LN10;
const plainStyle: AnswerStyle = { length: 100, headers: 0, lists: 0, bold: 0 };

interface Simulated {
  seed: number;
  strengths: readonly number[];
  /** What each model's answers are long on average. */
  lengths: readonly number[];
  /** Log-odds per unit of the relative difference in length. */
  effect: number;
  prompts: number;
}

/** Round robin in which longer answers win more often than their authors deserve. */
function simulateStyle({ seed, strengths, lengths, effect, prompts }: Simulated): StyledObservation[] {
  const random = sfc32(seed);
  const rows: StyledObservation[] = [];
  for (let prompt = 0; prompt < prompts; prompt++) {
    const styles = lengths.map((length) => ({
      length: Math.round(length * (0.4 + 1.2 * uniform(random))),
      headers: Math.floor(3 * uniform(random)),
      lists: Math.floor(4 * uniform(random)),
      bold: Math.floor(5 * uniform(random)),
    }));
    strengths.forEach((strengthA, a) => {
      for (let b = a + 1; b < strengths.length; b++) {
        const longer = relativeDifference(styles[a]!.length, styles[b]!.length);
        const win = uniform(random) < 1 / (1 + Math.exp(-(strengthA - strengths[b]! + effect * longer)));
        rows.push({ ...battle(`m${a}`, `m${b}`, win ? 1 : 0, `p${prompt}`), styleA: styles[a]!, styleB: styles[b]! });
      }
    });
  }
  return rows;
}

/** Every battle also the other way round, so that every feature has mean 0. */
const mirrored = (rows: readonly StyledObservation[]): StyledObservation[] =>
  rows.flatMap((row) => {
    const score = row.score === 1 ? 0 : row.score === 0 ? 1 : 0.5;
    return [row, { ...row, a: row.b, b: row.a, score, styleA: row.styleB, styleB: row.styleA }];
  });

const arena = simulateStyle({ seed: 4, strengths: [0.4, 0, -0.4], lengths: [100, 300, 600], effect: 2, prompts: 600 });

describe('rateWithStyle', () => {
  it('recovers a known effect of length, within its interval, and finds none where there is none', () => {
    const { coefficients, clusters, clusteredBy } = rateWithStyle(arena);
    expect({ clusters, clusteredBy }).toEqual({ clusters: 600, clusteredBy: 'prompt' });
    const length = coefficients.find(({ feature }) => feature === 'length')!;
    const perUnit = 1 / length.deviation;
    expect(length.lower! * perUnit).toBeLessThan(2);
    expect(length.upper! * perUnit).toBeGreaterThan(2);
    expect(length.lower!).toBeGreaterThan(0);
    for (const { feature, lower, upper } of coefficients) {
      if (feature === 'length') continue;
      expect(lower!).toBeLessThan(0);
      expect(upper!).toBeGreaterThan(0);
    }
  });

  it('turns round an order that length had made', () => {
    const { models } = rateWithStyle(arena);
    expect(models.map(({ model }) => model)).toEqual(['m0', 'm1', 'm2']);
    const byPlain = [...models].sort((x, y) => y.plain!.value - x.plain!.value).map(({ model }) => model);
    expect(byPlain[0]).not.toBe('m0');
    for (const [index, strength] of [0.4, 0, -0.4].entries()) {
      const { lower, upper } = models[index]!.controlled!;
      expect(lower!).toBeLessThan(1000 + POINTS * strength);
      expect(upper!).toBeGreaterThan(1000 + POINTS * strength);
    }
  });

  it('is the plain fit, with its standard errors, where all answers have one style', () => {
    const same = arena.map((row) => ({ ...row, styleA: plainStyle, styleB: plainStyle }));
    const { models, coefficients } = rateWithStyle(same);
    const table = rate(arena, { rounds: 0 });
    for (const { model, fit, se } of table.models) {
      const { controlled, plain } = models.find((row) => row.model === model)!;
      expect(controlled).toEqual(plain);
      expect(controlled!.value).toBeCloseTo(fit, 7);
      expect(controlled!.se).toBeCloseTo(se!, 7);
    }
    expect(coefficients[0]).toEqual({
      feature: 'length',
      deviation: 0,
      value: 0,
      se: null,
      lower: null,
      upper: null,
    });
  });

  it('does not depend on which answer is called a', () => {
    const turned = mirrored(arena).filter((_, index) => index % 2 === (index >> 1) % 2);
    expect(turned.some((row, i) => row.a !== arena[i]!.a)).toBe(true);
    const [forth, back] = [rateWithStyle(arena), rateWithStyle(turned)];
    forth.models.forEach(({ controlled }, i) => {
      expect(back.models[i]!.controlled!.value).toBeCloseTo(controlled!.value, 8);
      expect(back.models[i]!.controlled!.se).toBeCloseTo(controlled!.se!, 8);
    });
  });

  it("gives FastChat's penalised fit, found by a naive descent on its formula", () => {
    const rows = mirrored(arena.slice(0, 120));
    const regularisation = 0.5;
    const { models, coefficients } = rateWithStyle(rows, { regularisation });
    const z = centred(rows);
    const names = ['m0', 'm1', 'm2'];
    const twin = naiveFastChat(rows, names, z, regularisation);
    const mean = (twin[0]! + twin[1]! + twin[2]!) / 3;
    for (const { model, controlled } of models) {
      expect(controlled!.value).toBeCloseTo(1000 + 400 * (twin[names.indexOf(model)]! - mean), 4);
    }
    coefficients.forEach(({ value }, k) => expect(value).toBeCloseTo(twin[3 + k]!, 6));
  });

  it('holds the anchor, whose interval has no width, and shifts nothing else', () => {
    const free = rateWithStyle(arena).models;
    const { models } = rateWithStyle(arena, { anchor: { model: 'm1', rating: 1100 } });
    const m1 = models.find(({ model }) => model === 'm1')!;
    expect(m1.controlled).toEqual({ value: 1100, se: 0, lower: 1100, upper: 1100 });
    expect(models[0]!.controlled!.value - 1100).toBeCloseTo(free[0]!.controlled!.value - free[1]!.controlled!.value, 8);
    const anchor = { model: 'ghost', rating: 1 };
    expect(() => rateWithStyle(arena, { anchor })).toThrow(
      /the anchor "ghost" did not play; choose one of: m0, m1, m2/,
    );
    expect(() => rateWithStyle(arena, { anchor: { mean: NaN } })).toThrow(/rating must be a number, not NaN/);
    expect(() => rateWithStyle(arena, { anchor: { models: [], mean: 1 } })).toThrow(/the anchor names no model/);
  });
});

describe('rateWithStyle without a finite fit', () => {
  const styled = (a: string, b: string, score: 0 | 1, prompt: string, longer: number): StyledObservation => ({
    ...battle(a, b, score, prompt),
    styleA: { ...plainStyle, length: 100 + longer },
    styleB: plainStyle,
  });

  it('names models that won or lost everything, and fits the others', () => {
    const invincible = arena.slice(0, 60).map((row, i) => ({ ...row, a: 'hero', b: `m${i % 3}`, score: 1 as const }));
    const { models, separated, coefficients } = rateWithStyle([...arena, ...invincible]);
    const alone = rateWithStyle(arena);
    expect(separated).toEqual(['hero']);
    expect(models.at(-1)).toEqual({ model: 'hero', controlled: null, plain: null });
    expect(models.slice(0, -1)).toEqual(alone.models);
    expect(coefficients).toEqual(alone.coefficients);
    const anchor = { model: 'hero', rating: 1 };
    expect(() => rateWithStyle([...arena, ...invincible], { anchor })).toThrow(/"hero" has no finite rating/);

    // Of several anchors the others hold the scale; where none is left, the mean does.
    const held = rateWithStyle([...arena, ...invincible], { anchor: { models: ['hero', 'm1'], mean: 1000 } });
    expect(held.models.find(({ model }) => model === 'm1')?.controlled?.value).toBeCloseTo(1000, 9);
    expect(held.warnings).toEqual(['No finite rating fits the anchor hero; the other anchors hold the scale.']);
    const ownMean = rateWithStyle([...arena, ...invincible], { anchor: { models: ['hero'], mean: 1000 } });
    expect(ownMean.models).toEqual(models);
    expect(ownMean.warnings).toEqual([
      'No finite rating fits the anchor hero; the mean of those that have one is 1000.',
    ]);
  });

  it('says so where the longer answer always wins, and fits with a penalty', () => {
    const always = Array.from({ length: 30 }, (_, i) => {
      const longer = ((i * 7) % 30) - 14.5;
      return styled('x', 'y', longer > 0 ? 1 : 0, `p${i}`, longer);
    });
    const fit = (): unknown => rateWithStyle(always, { features: ['length'] });
    expect(fit).toThrow(InputError);
    expect(fit).toThrow(/^features: length and the models separate wins from losses/);
    const { coefficients } = rateWithStyle(always, { features: ['length'], regularisation: 0.5 });
    expect(coefficients[0]!.value).toBeGreaterThan(1);
    expect(Number.isFinite(coefficients[0]!.upper)).toBe(true);
  });

  it('says so where only some games are told apart by style (quasi-separation)', () => {
    const mixed = Array.from({ length: 40 }, (_, i) =>
      styled('x', 'y', i % 2 ? 1 : 0, `p${i}`, i < 4 ? (i % 2) * 80 : 0),
    );
    expect(() => rateWithStyle(mixed, { features: ['length'] })).toThrow(/separate wins from losses/);
    // Here only length and lists together tell.
    const together = mixed.map((row, i) => ({
      ...row,
      styleA: { ...plainStyle, length: 100 + ((i * 13) % 37), lists: i < 6 ? 3 * (i % 2) : (i * 13) % 37 },
      styleB: { ...plainStyle, lists: 10 },
    }));
    expect(() => rateWithStyle(together, { features: ['length', 'lists'] })).not.toThrow();
    const sure = together.map((row) => {
      const lead = relativeDifference(row.styleA.length, 100) + 0.3 * relativeDifference(row.styleA.lists, 10);
      const score: 0 | 1 = lead > 0 ? 1 : 0;
      return { ...row, score };
    });
    expect(() => rateWithStyle(sure, { features: ['length', 'lists'] })).toThrow(
      /^features: length, lists and the models separate/,
    );
  });

  it('names a feature that follows from the models, or from another feature', () => {
    const byModel = arena.map((row) => ({ ...row, styleA: plainStyle, styleB: { ...plainStyle, length: 300 } }));
    const two = byModel.filter(({ a, b }) => a === 'm0' && b === 'm1');
    expect(() => rateWithStyle(two)).toThrow(/^features: length follows from the models/);
    const twice = arena.map((row) => ({
      ...row,
      styleA: { ...row.styleA, bold: 2 * row.styleA.lists },
      styleB: { ...row.styleB, bold: 2 * row.styleB.lists },
    }));
    expect(() => rateWithStyle(twice)).toThrow(/^features: bold follows from/);
  });

  it('refuses counts and settings that are none, and too little to tell anything', () => {
    const bad = [...arena.slice(0, 9), { ...arena[9]!, styleB: { ...plainStyle, lists: NaN } }];
    expect(() => rateWithStyle(bad)).toThrow(/styled observation 9: lists NaN; a count is a number from 0 on/);
    expect(() => rateWithStyle(arena, { regularisation: -1 })).toThrow(/regularisation: must be a number from 0 on/);
    expect(() => rateWithStyle(arena, { confidence: 1 })).toThrow(/confidence: must lie between 0 and 1/);
    expect(() => rateWithStyle([])).toThrow(/no two models have won against each other/);
    expect(() => rateWithStyle([styled('x', 'y', 1, 'p', 3)])).toThrow(/no two models have won/);
  });

  it('has no interval with one prompt only', () => {
    const onePrompt = arena.map((row) => ({ ...row, prompt: 'p' }));
    const { models, coefficients } = rateWithStyle(onePrompt);
    for (const { se, lower, upper } of [models[0]!.controlled!, coefficients[0]!])
      expect([se, lower, upper]).toEqual([null, null, null]);
  });
});

describe('the logistic likelihood', () => {
  const random = sfc32(8);
  const rows = 30;
  const games: CovariateGames = {
    size: 3,
    features: 2,
    first: Int32Array.from({ length: rows }, (_, r) => r % 3),
    second: Int32Array.from({ length: rows }, (_, r) => (r + 1) % 3),
    x: Float64Array.from({ length: 2 * rows }, () => 2 * uniform(random) - 1),
    score: Float64Array.from({ length: rows }, () => Math.floor(3 * uniform(random)) / 2),
    weight: Float64Array.from({ length: rows }, () => 0.5 + uniform(random)),
  };
  const at = Float64Array.of(0.3, -0.2, 0.7, 1.1, -0.4);
  const ridge = Float64Array.of(0.1, 0.1, 0.1, 0.5, 0.5);
  const likelihood = (parameters: Float64Array): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      const p = 1 / (1 + Math.exp(-logit(games, parameters, r)));
      sum += games.weight[r]! * (games.score[r]! * Math.log(p) + (1 - games.score[r]!) * Math.log(1 - p));
    }
    return sum - parameters.reduce((total, value, i) => total + (ridge[i]! * value * value) / 2, 0);
  };
  const moved = (i: number, by: number): Float64Array => at.map((value, j) => (i === j ? value + by : value));

  it('has the gradient and Hessian that differences give', () => {
    const h = 1e-5;
    const slope = gradient(games, at, ridge);
    const curvature = information(games, at, ridge);
    for (let i = 0; i < at.length; i++) {
      expect(slope[i]).toBeCloseTo((likelihood(moved(i, h)) - likelihood(moved(i, -h))) / (2 * h), 7);
      const [up, down] = [gradient(games, moved(i, h), ridge), gradient(games, moved(i, -h), ridge)];
      for (let j = 0; j < at.length; j++) expect(curvature[i * 5 + j]).toBeCloseTo((down[j]! - up[j]!) / (2 * h), 7);
    }
  });

  it('has gradient 0 at the fit', () => {
    const fit = fitLogistic(games, ridge)!;
    for (const slope of gradient(games, fit, ridge)) expect(Math.abs(slope)).toBeLessThan(1e-12);
  });
});

/** FastChat's features: differences over sums (no 1 added: the counts here are not both 0), centred, over the deviation. */
function centred(rows: readonly StyledObservation[]): number[][] {
  const columns = (['length', 'headers', 'lists', 'bold'] as const).map((feature) => {
    const raw = rows.map(({ styleA, styleB }) => relativeDifference(styleA[feature], styleB[feature]));
    const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
    const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / raw.length);
    return raw.map((value) => (value - mean) / deviation);
  });
  return rows.map((_, r) => columns.map((column) => column[r]!));
}

/** Accelerated gradient descent on the loss of FastChat's `contextual_bt_loss_and_grad`, α = ln 10: ratings, then coefficients. */
function naiveFastChat(rows: readonly StyledObservation[], names: string[], z: number[][], reg: number): number[] {
  const parameters = Array.from<number>({ length: names.length + 4 }).fill(0);
  let ahead = [...parameters];
  for (let step = 0; step < 3000; step++) {
    const slope = ahead.map((value) => reg * value);
    rows.forEach(({ a, b, score }, r) => {
      const [i, j] = [names.indexOf(a), names.indexOf(b)];
      const style = z[r]!.reduce((sum, value, k) => sum + value * ahead[names.length + k]!, 0);
      const p = 1 / (1 + Math.exp(-(Math.LN10 * (ahead[i]! - ahead[j]!) + style)));
      slope[i]! -= Math.LN10 * (score - p);
      slope[j]! += Math.LN10 * (score - p);
      z[r]!.forEach((value, k) => (slope[names.length + k]! -= value * (score - p)));
    });
    const next = ahead.map((value, i) => value - slope[i]! / 1000);
    ahead = next.map((value, i) => value + (value - parameters[i]!) * 0.95);
    next.forEach((value, i) => (parameters[i] = value));
  }
  return parameters;
}
