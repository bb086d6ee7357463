import { group, merged, type Clusters } from './clusters';
import { InputError } from './input-error';
import type { PairCounts } from './pair-counts';
import type { Observation } from './types';

/** Observations as columns of numbers. Models, cells and prompts stand in sorted order, so that the order of rows never matters. */
export interface Tally {
  readonly models: readonly string[];
  readonly counts: PairCounts;
  /** Per model: sums of weights. */
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  readonly ties: Float64Array;
  readonly observations: number;
  /** How many observations name no prompt. */
  readonly withoutPrompt: number;
  readonly byPrompt: () => Clusters;
  readonly byBattle: () => Clusters;
}

/**
 * Counts observations. Those of weight 0 are left out.
 * Errors (InputError): a model against itself or without a name, a weight that is negative or not finite, another score than 0, ½ or 1.
 */
export function tally(observations: readonly Observation[], players: readonly string[] = []): Tally {
  const rows = observations.length;
  const models = new Interner(players);
  const prompts = new Interner();
  const battles = new Interner();
  const a = new Int32Array(rows);
  const b = new Int32Array(rows);
  const score = new Float64Array(rows);
  const weight = new Float64Array(rows);
  const prompt = new Int32Array(rows).fill(-1);
  const battle = new Int32Array(rows).fill(-1);
  let kept = 0;
  let withoutPrompt = 0;
  observations.forEach((observation, index) => {
    check(observation, index);
    if (observation.weight === 0) return;
    a[kept] = models.id(observation.a);
    b[kept] = models.id(observation.b);
    score[kept] = observation.score;
    weight[kept] = observation.weight;
    if (observation.prompt === null) withoutPrompt += 1;
    else prompt[kept] = prompts.id(observation.prompt);
    if (observation.battle !== undefined) battle[kept] = battles.id(observation.battle);
    kept += 1;
  });

  const modelRank = models.ranks();
  const size = models.names.length;
  const wins = new Float64Array(size);
  const losses = new Float64Array(size);
  const ties = new Float64Array(size);
  const cellOf = new Int32Array(size * size).fill(-1);
  for (let row = 0; row < kept; row++) {
    const i = (a[row] = modelRank[a[row]!]!);
    const j = (b[row] = modelRank[b[row]!]!);
    const w = weight[row]!;
    (score[row] === 1 ? wins : score[row] === 0 ? losses : ties)[i]! += w;
    (score[row] === 0 ? wins : score[row] === 1 ? losses : ties)[j]! += w;
    cellOf[Math.min(i, j) * size + Math.max(i, j)] = 0;
  }
  const pairs = Int32Array.from(cellOf.keys()).filter((pair) => cellOf[pair] === 0);
  pairs.forEach((pair, cell) => (cellOf[pair] = cell));

  /** Per observation: its cell, and what the cell's first player scored, weighted. */
  const cell = new Int32Array(kept);
  const scored = new Float64Array(kept);
  const counts: PairCounts = {
    size,
    first: pairs.map((pair) => Math.floor(pair / size)),
    second: pairs.map((pair) => pair % size),
    games: new Float64Array(pairs.length),
    scores: new Float64Array(pairs.length),
  };
  for (let row = 0; row < kept; row++) {
    const i = a[row]!;
    const j = b[row]!;
    const here = (cell[row] = cellOf[Math.min(i, j) * size + Math.max(i, j)]!);
    scored[row] = weight[row]! * (i < j ? score[row]! : 1 - score[row]!);
    counts.games[here]! += weight[row]!;
    counts.scores[here]! += scored[row]!;
  }

  const cluster = (unit: Int32Array, units: number): Clusters => group(unit, units, cell, weight, scored, pairs.length);
  return {
    models: models.names.slice().sort(),
    counts,
    wins,
    losses,
    ties,
    observations: kept,
    withoutPrompt,
    byPrompt: () => {
      const rank = prompts.ranks();
      return cluster(
        Int32Array.from({ length: kept }, (_, row) => rank[prompt[row]!]!),
        prompts.names.length,
      );
    },
    byBattle: () => {
      const rank = battles.ranks();
      let units = battles.names.length;
      const unit = Int32Array.from({ length: kept }, (_, row) => (battle[row]! < 0 ? units++ : rank[battle[row]!]!));
      return merged(cluster(unit, units));
    },
  };
}

/** Numbers for names, in order of arrival. */
class Interner {
  readonly names: string[] = [];
  private readonly ids = new Map<string, number>();

  constructor(names: readonly string[] = []) {
    for (const name of names) this.id(name);
  }

  id(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    this.ids.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  /** Place of each number's name in sorted order. */
  ranks(): Int32Array {
    const ranks = new Int32Array(this.names.length);
    [...this.names].sort().forEach((name, rank) => (ranks[this.id(name)] = rank));
    return ranks;
  }
}

function check({ a, b, score, weight }: Observation, index: number): void {
  const where = { field: `observation ${index}` };
  if (a === '' || b === '') throw new InputError('a model without a name; give every player one', where);
  if (a === b) throw new InputError(`the model ${JSON.stringify(a)} plays against itself; remove the battle`, where);
  if (!(weight >= 0 && weight < Infinity)) throw new InputError(`weight ${weight}; use a number from 0 on`, where);
  if (score !== 0 && score !== 0.5 && score !== 1)
    throw new InputError(`score ${String(score)}; use 0, 0.5 or 1`, where);
}
