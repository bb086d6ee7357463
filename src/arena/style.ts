import { POINTS } from './bradley-terry';
import { components } from './components';
import { InputError } from './input-error';
import { collinearFeature, type CovariateGames } from './logistic';
import { logisticEstimates, type Estimate, type EstimateContrast } from './logistic-estimates';
import { STYLE_FEATURES, type StyleFeature } from './style-features';
import { checkStyles, clustersOf, rootMeanSquare, styledGames, type StyledObservation } from './style-games';
import { tally } from './tally';
import type { Anchor } from './types';

export type { Estimate } from './logistic-estimates';
export type { StyledObservation } from './style-games';

export interface StyleOptions {
  /** Default: the mean of all models is 1000. */
  anchor?: Anchor;
  /** What to control for; default all four. */
  features?: readonly StyleFeature[];
  /**
   * Ridge penalty ½ · regularisation · (Σ (rating/400)² + Σ coefficient²) on the sum of the log-losses; default 0: none. 0.5 is
   * FastChat's `compute_style_control`, which equals scikit-learn's default on doubled rows.
   */
  regularisation?: number;
  confidence?: number;
}

export interface StyledModel {
  model: string;
  /** In rating points: at equal style, and without regard to style; null for a model in `separated`. */
  controlled: Estimate | null;
  plain: Estimate | null;
}

export interface StyleTable {
  /** Best at equal style first; separated models last. */
  models: StyledModel[];
  /**
   * In natural-log odds per standard deviation of the feature, (a - b)/(a + b) divided by `deviation`; above 0: more of it wins. A feature in
   * which no two answers differ has value 0 and no interval.
   */
  coefficients: (Estimate & { feature: StyleFeature; deviation: number })[];
  /** Models that no finite rating fits, because all their results with the others go one way or there are none; their games take no part. */
  separated: string[];
  /** What a reader must know of the scale. */
  warnings: string[];
  clusteredBy: 'prompt' | 'battle';
  clusters: number;
}

/**
 * Bradley-Terry ratings at equal style: logit P(a beats b) = θ_a - θ_b + Σ_k β_k z_k, where z_k is the relative difference
 * (a - b)/(a + b) of a style count, divided by its root mean square. Unlike FastChat and arena-rank z is not centred: centring adds
 * a constant for whichever answer is called a, so that naming the answers the other way round would change the ratings.
 * Intervals: sandwich clustered by prompt (by battle where some observation names none), with Student's t.
 * Errors (InputError): what `tally` refuses; no battles; counts that are negative or no numbers; an unknown anchor, or a single model as the anchor that is separated; a feature that
 * cannot be told from the models or other features; features that separate wins from losses.
 * Source: LMSYS, "Does style matter?" (2024); FastChat, rating_systems.py `compute_style_control`; lmarena arena-rank,
 * contextual_bradley_terry.py.
 */
export function rateWithStyle(rows: readonly StyledObservation[], options: StyleOptions = {}): StyleTable {
  const { features = STYLE_FEATURES, regularisation = 0, confidence = 0.95, anchor = { mean: 1000 } } = options;
  if (!(regularisation >= 0 && regularisation < Infinity))
    throw new InputError(`must be a number from 0 on, not ${regularisation}`, { field: 'regularisation' });
  if (!(confidence > 0 && confidence < 1))
    throw new InputError(`must lie between 0 and 1, not ${confidence}`, { field: 'confidence' });
  checkStyles(rows, features);
  const { models: all, counts } = tally(rows);
  // A penalty makes every rating finite, so that nobody has to be left out.
  const groups = regularisation > 0 ? [[...all.keys()]] : components(counts);
  const models = groups.reduce((best, group) => (group.length > best.length ? group : best), []).map((i) => all[i]!);
  if (models.length < 2) {
    throw new InputError(
      'no two models have won against each other, so no style effect can be told; add battles, or set a regularisation above 0',
    );
  }
  const within = new Set(models);
  const kept = rows.filter(({ a, b, weight }) => weight > 0 && within.has(a) && within.has(b));
  const clusters = clustersOf(kept);
  const measured = features.map((feature) => ({ feature, deviation: rootMeanSquare(kept, feature) }));
  const varying = measured.filter(({ deviation }) => deviation > 0);

  const estimates = (used: typeof varying): EstimateContrast => {
    const names = used.map(({ feature }) => feature);
    const games = styledGames(kept, models, used);
    if (regularisation === 0) refuseCollinear(games, names);
    const ridge = new Float64Array(games.size + games.features).fill(regularisation);
    // The penalty is on ratings in units of 400 points, a factor of ln 10 from log-strengths.
    ridge.fill(regularisation / Math.LN10 ** 2, 0, games.size);
    const estimate = logisticEstimates(games, ridge, clusters, confidence);
    if (estimate === null) throw withoutMaximum(names);
    return estimate;
  };
  const controlled = estimates(varying);
  const plain = estimates([]);

  const { anchors, warnings } = anchorsAmong(anchor, all, models);
  const base = 'model' in anchor ? anchor.rating : anchor.mean;
  const rating = (estimate: EstimateContrast, parameters: number, player: number): Estimate => {
    const contrast = new Float64Array(parameters);
    contrast[player]! += 1;
    for (const other of anchors) contrast[other]! -= 1 / anchors.length;
    return estimate(contrast, POINTS, base);
  };
  const coefficient = (feature: StyleFeature): Estimate => {
    const at = varying.findIndex((one) => one.feature === feature);
    if (at < 0) return { value: 0, se: null, lower: null, upper: null };
    const contrast = new Float64Array(models.length + varying.length);
    contrast[models.length + at] = 1;
    return controlled(contrast);
  };

  const separated = all.filter((model) => !within.has(model));
  return {
    models: [
      ...models
        .map((model, player) => ({
          model,
          controlled: rating(controlled, models.length + varying.length, player),
          plain: rating(plain, models.length, player),
        }))
        .sort((x, y) => y.controlled.value - x.controlled.value || (x.model < y.model ? -1 : 1)),
      ...separated.map((model) => ({ model, controlled: null, plain: null })),
    ],
    coefficients: measured.map(({ feature, deviation }) => ({ feature, deviation, ...coefficient(feature) })),
    separated,
    warnings,
    clusteredBy: clusters.by,
    clusters: clusters.count,
  };
}

/** Places of the anchors among the models; of several, those without a finite rating leave the scale to the others, or to the mean of all. */
function anchorsAmong(
  anchor: Anchor,
  all: readonly string[],
  models: readonly string[],
): { anchors: number[]; warnings: string[] } {
  const named = 'model' in anchor ? [anchor.model] : [...new Set(anchor.models ?? models)];
  const value = 'model' in anchor ? anchor.rating : anchor.mean;
  if (!Number.isFinite(value)) throw new InputError(`the anchor's rating must be a number, not ${value}`);
  if (named.length === 0) throw new InputError('the anchor names no model; leave it out for the mean of all');
  const refuse = (name: string, why: string): never => {
    throw new InputError(`the anchor ${JSON.stringify(name)} ${why}; choose one of: ${models.join(', ')}`);
  };
  for (const name of named) if (!all.includes(name)) refuse(name, 'did not play');
  const anchors = named.map((name) => models.indexOf(name)).filter((at) => at >= 0);
  const lost = named.filter((name) => !models.includes(name));
  if (lost.length === 0) return { anchors, warnings: [] };
  if ('model' in anchor) return refuse(anchor.model, 'has no finite rating, because all its results go one way');
  const held = anchors.length > 0 ? 'the other anchors hold the scale' : `the mean of those that have one is ${value}`;
  return {
    anchors: anchors.length > 0 ? anchors : [...models.keys()],
    warnings: [`No finite rating fits the anchor ${lost.join(', ')}; ${held}.`],
  };
}

function refuseCollinear(games: CovariateGames, features: readonly StyleFeature[]): void {
  const at = collinearFeature(games);
  if (at < 0) return;
  throw new InputError(
    `${features[at]!} follows from the models or from other features alone, so its effect cannot be told from theirs; leave it out, or set a regularisation above 0`,
    { field: 'features' },
  );
}

function withoutMaximum(features: readonly StyleFeature[]): InputError {
  if (features.length === 0) {
    const problem =
      'the weights are too uneven for a fit in double precision; keep them within six orders of magnitude';
    return new InputError(problem, { field: 'weight' });
  }
  return new InputError(
    `${features.join(', ')} and the models separate wins from losses, so there is no finite effect of style; add battles, leave features out, or set a regularisation above 0`,
    { field: 'features' },
  );
}
