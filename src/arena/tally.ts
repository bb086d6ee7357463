import { tableOf, type BattleTable } from './battle-table';
import { clusterUnits, group, merged, type Clusters } from './clusters';
import { codedBattles, codedPrompts, createCodes, decode, type Codes } from './coded-units';
import type { PairCounts } from './pair-counts';
import type { Observation, Resample } from './types';
import type { Units } from './units';

/** Counted battles. Models, cells and prompts stand in sorted order, so that the order of rows never matters. */
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
  readonly byPrompt: () => Units;
  /** The same units spelt out: the games of each, counted by cell. */
  readonly clusters: (by: Resample) => Clusters;
  readonly byBattle: () => Units;
}

/** Counts observations, see `tallyTable`. */
export function tally(observations: readonly Observation[], players: readonly string[] = []): Tally {
  return tallyTable(tableOf(observations), players);
}

/** Counts battles; `players` have a place even if they played nothing. */
export function tallyTable(table: BattleTable, players: readonly string[] = []): Tally {
  const models = [...new Set([...playedIn(table), ...players])].sort();
  const size = models.length;
  const place = new Map(models.map((model, index) => [model, index]));
  const rank = Int32Array.from(table.models, (model) => place.get(model) ?? -1);
  const { cellOf, pairs } = cellsOf(table, rank, size);
  const cells = pairs.length;
  const counts: PairCounts = {
    size,
    first: pairs.map((pair) => Math.floor(pair / size)),
    second: pairs.map((pair) => pair % size),
    games: new Float64Array(cells),
    scores: new Float64Array(cells),
  };
  /** Summed weights by code: what a cell's first player won, tied and lost. */
  const weighed = new Float64Array(3 * cells);
  for (const { used, a, b, outcome, weight } of table.blocks)
    for (let row = 0; row < used; row++)
      weighed[codeOf(cellOf, size, rank[a[row]!]!, rank[b[row]!]!, outcome[row]!)]! += weight ? weight[row]! : 1;
  const common = table.commonWeight;
  decode(weighed, common ?? 1, counts);

  const wins = new Float64Array(size);
  const losses = new Float64Array(size);
  const ties = new Float64Array(size);
  for (let cell = 0; cell < cells; cell++) {
    const [lost, tied, won] = [0, 1, 2].map((outcome) => (common ?? 1) * weighed[3 * cell + outcome]!) as [
      number,
      number,
      number,
    ];
    const [i, j] = [counts.first[cell]!, counts.second[cell]!];
    wins[i]! += won;
    losses[j]! += won;
    ties[i]! += tied;
    ties[j]! += tied;
    losses[i]! += lost;
    wins[j]! += lost;
  }

  const clusters = (by: Resample) => clustersOf(table, by, cellOf, rank, size, cells);
  const general = (by: Resample) => clusterUnits(clusters(by), cells);
  return {
    models,
    counts,
    wins,
    losses,
    ties,
    observations: table.size,
    withoutPrompt: table.withoutPrompt,
    byPrompt: () => {
      if (common === null) return general('prompt');
      const { codes, offsets } = codesByPrompt(table, cellOf, rank, size, cells);
      return codedPrompts(codes, offsets, cells, common, () => general('prompt'));
    },
    clusters,
    byBattle: () => (common === null || table.battles.length > 0 ? general('battle') : codedBattles(weighed, common)),
  };
}

/** Models with a battle: a reader may know names whose rows were all left out. */
function playedIn({ models, blocks }: BattleTable): string[] {
  const played = new Uint8Array(models.length);
  for (const { used, a, b } of blocks)
    for (let row = 0; row < used; row++) {
      played[a[row]!] = 1;
      played[b[row]!] = 1;
    }
  return models.filter((_, model) => played[model] === 1);
}

/** The pairs that met, by first · size + second in ascending order, and each pair's place among them. */
function cellsOf({ blocks }: BattleTable, rank: Int32Array, size: number): { cellOf: Int32Array; pairs: Int32Array } {
  const cellOf = new Int32Array(size * size).fill(-1);
  for (const { used, a, b } of blocks)
    for (let row = 0; row < used; row++) {
      const i = rank[a[row]!]!;
      const j = rank[b[row]!]!;
      cellOf[i < j ? i * size + j : j * size + i] = 0;
    }
  const pairs = Int32Array.from(cellOf.keys()).filter((pair) => cellOf[pair] === 0);
  pairs.forEach((pair, cell) => (cellOf[pair] = cell));
  return { cellOf, pairs };
}

/** The code of a battle: 3 · cell + twice what the cell's first player scored. */
function codeOf(cellOf: Int32Array, size: number, i: number, j: number, outcome: number): number {
  return i < j ? 3 * cellOf[i * size + j]! + outcome : 3 * cellOf[j * size + i]! + 2 - outcome;
}

/** Place of each name in sorted order. */
function ranks(names: readonly string[]): Int32Array {
  const order = [...names.keys()].sort((x, y) => (names[x]! < names[y]! ? -1 : 1));
  const out = new Int32Array(names.length);
  order.forEach((number, rank) => (out[number] = rank));
  return out;
}

/** All codes, those of a prompt together, prompts in the order of their names (a counting sort). */
function codesByPrompt(
  { blocks, prompts, size: battles }: BattleTable,
  cellOf: Int32Array,
  rank: Int32Array,
  size: number,
  cells: number,
): { codes: Codes; offsets: Int32Array } {
  const order = ranks(prompts);
  const offsets = new Int32Array(prompts.length + 1);
  for (const { used, prompt } of blocks) for (let row = 0; row < used; row++) offsets[order[prompt[row]!]! + 1]! += 1;
  for (let prompt = 0; prompt < prompts.length; prompt++) offsets[prompt + 1]! += offsets[prompt]!;
  const codes = createCodes(battles, cells);
  const next = offsets.slice();
  for (const { used, a, b, outcome, prompt } of blocks)
    for (let row = 0; row < used; row++)
      codes[next[order[prompt[row]!]!]!++] = codeOf(cellOf, size, rank[a[row]!]!, rank[b[row]!]!, outcome[row]!);
  return { codes, offsets };
}

/** Prompts or battles with any weights and any battle ids. */
function clustersOf(
  { blocks, prompts, battles, commonWeight, size: rows }: BattleTable,
  by: Resample,
  cellOf: Int32Array,
  rank: Int32Array,
  size: number,
  cells: number,
): Clusters {
  const order = ranks(by === 'prompt' ? prompts : battles);
  const unit = new Int32Array(rows);
  const cell = new Int32Array(rows);
  const weights = new Float64Array(rows);
  const scored = new Float64Array(rows);
  let units = order.length;
  let at = 0;
  for (const { used, a, b, outcome, prompt, weight, battle } of blocks)
    for (let row = 0; row < used; row++, at++) {
      const code = codeOf(cellOf, size, rank[a[row]!]!, rank[b[row]!]!, outcome[row]!);
      const named = by === 'prompt' ? prompt[row]! : battle ? battle[row]! : -1;
      // A battle without a name is a unit of its own.
      unit[at] = named < 0 ? units++ : order[named]!;
      cell[at] = Math.floor(code / 3);
      weights[at] = weight ? weight[row]! : (commonWeight ?? 1);
      scored[at] = (weights[at]! * (code % 3)) / 2;
    }
  const clusters = group(unit, units, cell, weights, scored, cells);
  return by === 'battle' ? merged(clusters) : clusters;
}
