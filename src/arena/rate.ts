import { bootstrap, mean } from './bootstrap';
import { fitBradleyTerry, POINTS, type BradleyTerryFit } from './bradley-terry';
import { InputError } from './input-error';
import { among, type PairCounts } from './pair-counts';
import { quantile } from './quantile';
import { rankIntervals } from './rank';
import { contrastVariance, sandwich } from './sandwich';
import { outsideOf, outsideOfAll, type Outside } from './separation';
import { tableOf, type BattleTable } from './battle-table';
import { tallyTable, type Tally } from './tally';
import type { Units } from './units';
import type { Anchor, Flag, Observation, RatedModel, RateOptions, RatingTable, Resample } from './types';

const DEFAULT_ROUNDS = 1000;
const DEFAULT_MEAN = 1000;
/** Below this number of clusters the intervals are known to be too narrow (92-93% at 50, worse with fewer). */
const FEW_CLUSTERS = 20;

type Standing = Pick<RatedModel, 'rating' | 'fit' | 'lower' | 'upper' | 'se' | 'flags'>;

/**
 * Bradley-Terry ratings with intervals, all players in one joint fit.
 * Errors (InputError): no battles and no players, an anchor that did not take part, `resample: 'prompt'` with battles that name no
 * prompt, what `tally` refuses.
 */
export function rate(observations: readonly Observation[], options: RateOptions = {}): RatingTable {
  return rateAround(tableOf(observations), options, false);
}

/** As `rate`, of battles in columns: a million take about 20 MB. */
export function rateTable(table: BattleTable, options: RateOptions = {}): RatingTable {
  return rateAround(table, options, false);
}

/**
 * As `rate`. The group of players that stands for the scale (and is fitted exactly where the data separate players) is the
 * largest one, or with `aroundAnchor` the one that holds most anchors.
 */
export function rateAround(table: BattleTable, options: RateOptions, aroundAnchor: boolean): RatingTable {
  const { rounds = DEFAULT_ROUNDS, seed = 0 } = options;
  wholeNumber('rounds', rounds);
  wholeNumber('seed', seed);
  const tallied = tallyTable(table, options.players);
  if (tallied.models.length === 0) throw new InputError('no battles to rate; give at least one between two models');
  const anchor = options.anchor ?? { mean: DEFAULT_MEAN };
  const anchors = anchorPlayers(anchor, tallied.models);
  const target = 'model' in anchor ? anchor.rating : anchor.mean;
  const point = rounds === 0 ? 'fit' : (options.point ?? 'median');
  const { resample, units, errorUnits, warnings } = resampled(tallied, options.resample);

  const fit = fitBradleyTerry(tallied.counts);
  const core = chooseCore(fit, tallied.counts, anchors, aroundAnchor);
  const standings = new Map<number, Standing>();

  const coreAnchors = anchors.filter((player) => core.includes(player));
  const reference = coreAnchors.length > 0 ? coreAnchors : core;
  const loneCore = core.length === 1 && !('model' in anchor);
  const outside = new Map<number, Outside>();
  tallied.models.forEach((_, player) => {
    if (loneCore) outside.set(player, outsideOfAll(player, tallied.counts, fit));
    else if (!core.includes(player)) outside.set(player, outsideOf(core, reference, player, tallied.counts, fit));
  });

  // What the mean of the reference is rated, so that the anchors are where they are wanted.
  let base = target;
  if (coreAnchors.length === 0) {
    const ends = anchors.map((player) => outside.get(player)?.end ?? null).filter((end) => end !== null);
    if (ends.length > 0) base = target - (POINTS * ends.reduce((sum, end) => sum + end, 0)) / ends.length;
  }
  if (outside.size > 0) warnings.push(...separationWarnings(tallied.models, anchors, core, outside));

  let draws: Float64Array[] | null = null;
  if (!loneCore) {
    const { counts, cells } = among(tallied.counts, core);
    const theta = Float64Array.from(core, (player) => fit.theta[player]!);
    const zeros = reference.map((player) => core.indexOf(player));
    const inside = units.among(cells);
    draws = rounds > 0 && units.count > 1 ? bootstrap(counts, inside, theta, zeros, { rounds, seed }) : null;
    const covariance =
      errorUnits.count > 1
        ? sandwich(counts, errorUnits === units ? inside : errorUnits.among(cells), theta, tallied.withoutPrompt === 0)
        : null;
    const zero = mean(theta, zeros);
    core.forEach((player, index) => {
      const exact = base + POINTS * (theta[index]! - zero);
      const se = covariance && POINTS * Math.sqrt(contrastVariance(covariance, core.length, index, zeros));
      const fixed = zeros.length === 1 && zeros[0] === index;
      standings.set(
        player,
        fixed
          ? { rating: exact, fit: exact, lower: exact, upper: exact, se: 0 }
          : {
              rating: exact,
              fit: exact,
              se,
              ...(draws ? interval(draws[index]!, base, exact, point) : { lower: null, upper: null }),
            },
      );
    });
  }
  for (const [player, place] of outside) standings.set(player, placed(place, base, target));
  const ranks = draws && rankIntervals(drawsOfAll(tallied.models.length, core, draws, outside));

  return {
    models: tallied.models
      .map((model, player) => ({
        model,
        ...standings.get(player)!,
        rank: ranks?.[player] ?? null,
        battles: tallied.wins[player]! + tallied.losses[player]! + tallied.ties[player]!,
        wins: tallied.wins[player]!,
        losses: tallied.losses[player]!,
        ties: tallied.ties[player]!,
      }))
      .sort((x, y) => y.rating - x.rating || (x.model < y.model ? -1 : 1)),
    resample,
    clusters: units.count,
    rounds,
    seed,
    point,
    anchor,
    warnings,
  };
}

/** Draws of all players: those outside the core stand above or below it in every resample, or anywhere. */
function drawsOfAll(
  players: number,
  core: readonly number[],
  draws: readonly Float64Array[],
  outside: ReadonlyMap<number, Outside>,
): Float64Array[] {
  const ends = { 'unbounded-above': Infinity, 'unbounded-below': -Infinity, both: NaN, disconnected: NaN };
  const placeOf = new Map(core.map((player, index) => [player, index]));
  return Array.from({ length: players }, (_, player) => {
    const within = placeOf.get(player);
    if (within !== undefined) return draws[within]!;
    return new Float64Array(draws[0]?.length ?? 0).fill(ends[outside.get(player)?.side ?? 'both']);
  });
}

/** Percentile interval and median of one player's draws. An infinite end becomes null with its flag. */
function interval(
  draws: Float64Array,
  base: number,
  exact: number,
  point: 'median' | 'fit',
): Pick<Standing, 'rating' | 'lower' | 'upper' | 'flags'> {
  const known = draws.filter((value) => !Number.isNaN(value)).sort();
  // A resample that says nothing about the player bounds it on neither side.
  const unknown = new Float64Array(draws.length - known.length);
  const low = base + POINTS * quantile(Float64Array.of(...unknown.fill(-Infinity), ...known), 0.025);
  const high = base + POINTS * quantile(Float64Array.of(...known, ...unknown.fill(Infinity)), 0.975);
  const middle = known.length > 0 ? base + POINTS * quantile(known, 0.5) : NaN;
  const flags: Flag[] = [];
  if (high === Infinity) flags.push('unbounded-above');
  if (low === -Infinity) flags.push('unbounded-below');
  return {
    rating: point === 'median' && Number.isFinite(middle) ? middle : exact,
    lower: Number.isFinite(low) ? low : null,
    upper: Number.isFinite(high) ? high : null,
    ...(flags.length > 0 ? { flags } : {}),
  };
}

/** A player outside the core: rated by the finite end; without one, on a scale of its own, at the anchor's value. */
function placed({ end, side }: Outside, base: number, target: number): Standing {
  const rating = end === null ? target : base + POINTS * end;
  return {
    rating,
    fit: rating,
    lower: side === 'unbounded-above' ? rating : null,
    upper: side === 'unbounded-below' ? rating : null,
    se: null,
    flags: side === 'both' ? ['unbounded-above', 'unbounded-below'] : [side],
  };
}

/** The group with the most players, or with the most anchors; the other of the two breaks a tie, then games, then names. */
function chooseCore(
  fit: BradleyTerryFit,
  counts: PairCounts,
  anchors: readonly number[],
  aroundAnchor: boolean,
): readonly number[] {
  const games = new Float64Array(counts.size);
  counts.games.forEach((count, cell) => {
    games[counts.first[cell]!]! += count;
    games[counts.second[cell]!]! += count;
  });
  const weigh = (group: readonly number[]): readonly number[] => {
    const anchored = group.filter((player) => anchors.includes(player)).length;
    const size = aroundAnchor ? [anchored, group.length] : [group.length, anchored];
    return [...size, group.reduce((sum, player) => sum + games[player]!, 0)];
  };
  return fit.groups.reduce((best, group) => {
    const mine = weigh(group);
    const its = weigh(best);
    const differs = mine.findIndex((value, index) => value !== its[index]);
    return differs >= 0 && mine[differs]! > its[differs]! ? group : best;
  });
}

function anchorPlayers(anchor: Anchor, models: readonly string[]): number[] {
  const value = 'model' in anchor ? anchor.rating : anchor.mean;
  if (!Number.isFinite(value)) throw new InputError(`the anchor's rating must be a number, not ${value}`);
  const named = 'model' in anchor ? [anchor.model] : (anchor.models ?? models);
  if (named.length === 0)
    throw new InputError('the anchor names no model; leave it out for the mean of all, or name at least one');
  return [...new Set(named)].map((name) => {
    const player = models.indexOf(name);
    if (player >= 0) return player;
    throw new InputError(
      `the anchor ${JSON.stringify(name)} is not among the models; choose one of: ${models.join(', ')}`,
    );
  });
}

/** What is resampled, what the standard errors are clustered by, and what the reader should know about it. */
function resampled(
  tallied: Tally,
  wanted: Resample | undefined,
): { resample: Resample; units: Units; errorUnits: Units; warnings: string[] } {
  const { withoutPrompt, observations } = tallied;
  const warnings: string[] = [];
  if (wanted === 'prompt' && withoutPrompt > 0) {
    throw new InputError(
      `${withoutPrompt} of ${observations} battles name no prompt, so prompts cannot be resampled; add prompt_id to every row, or resample by battle`,
    );
  }
  const resample = wanted ?? (withoutPrompt > 0 ? 'battle' : 'prompt');
  if (wanted === undefined && resample === 'battle') {
    warnings.push(
      `${withoutPrompt === observations ? 'The battles name no prompt' : `${withoutPrompt} of ${observations} battles name no prompt`}: intervals are by battle, and too narrow where battles share prompts.`,
    );
  }
  const errorUnits = withoutPrompt > 0 ? tallied.byBattle() : tallied.byPrompt();
  const units = (resample === 'prompt') === (withoutPrompt === 0) ? errorUnits : tallied.byBattle();
  const { count } = units;
  if (count === 1) warnings.push(`There is only one ${resample}, so the intervals are unknown.`);
  else if (count > 0 && count < FEW_CLUSTERS)
    warnings.push(`There are only ${count} ${resample}s: the intervals are too narrow.`);
  return { resample, units, errorUnits, warnings };
}

function separationWarnings(
  models: readonly string[],
  anchors: readonly number[],
  core: readonly number[],
  outside: ReadonlyMap<number, Outside>,
): string[] {
  const named = (sides: readonly Outside['side'][]): string =>
    [...outside].flatMap(([player, { side }]) => (sides.includes(side) ? [models[player]!] : [])).join(', ');
  const oneSided = named(['unbounded-above', 'unbounded-below', 'both']);
  const apart = named(['disconnected']);
  const warnings: string[] = [];
  if (oneSided) {
    warnings.push(
      `All results between these models and the others go one way, so each is rated by the finite end of its interval: ${oneSided}.`,
    );
  }
  if (apart)
    warnings.push(
      `No chain of battles compares these models with the others; their ratings mean nothing beside them: ${apart}.`,
    );
  const lost = anchors.filter((player) => !core.includes(player));
  if (lost.length > 0 && core.length > 1) {
    const held =
      lost.length < anchors.length
        ? 'the other anchors hold the scale'
        : 'the intervals of the others are relative to their own mean';
    warnings.push(`The anchor ${lost.map((player) => models[player]!).join(', ')} is among them; ${held}.`);
  }
  return warnings;
}

function wholeNumber(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InputError(`${name} must be a whole number from 0 on, not ${value}`);
}
