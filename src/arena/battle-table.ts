import { InputError } from './input-error';
import type { Observation } from './types';

/** Battles as columns of numbers, about 9 bytes each: what a million battles are rated from. In order of arrival, in blocks. */
export interface BattleTable {
  readonly size: number;
  /** Names by number, in order of arrival. */
  readonly models: readonly string[];
  readonly prompts: readonly string[];
  readonly blocks: readonly Block[];
  /** The weight that all battles share; null: they differ, and stand in the blocks. */
  readonly commonWeight: number | null;
  /** How many battles name no prompt. */
  readonly withoutPrompt: number;
  /** Names of what is resampled together, where battles name it. */
  readonly battles: readonly string[];
}

/** Columns of some battles, of which the first `used` hold. */
export interface Block {
  used: number;
  readonly a: Uint16Array;
  readonly b: Uint16Array;
  /** Twice a's share: 2 win, 1 tie, 0 loss. */
  readonly outcome: Uint8Array;
  /** Number of the prompt, -1 where it is not known. */
  readonly prompt: Int32Array;
  /** Null while all battles so far have one weight. */
  weight: Float64Array | null;
  /** Number of what it is resampled with, -1: alone; null while no battle names one. */
  battle: Int32Array | null;
}

/** Rows in a block: small enough that a nearly empty table is small, large enough that blocks cost nothing. */
const BLOCK = 1 << 16;
const MOST_MODELS = 1 << 16;

/** Numbers for names, in order of arrival. */
export interface Names {
  readonly names: string[];
  number(name: string): number;
}

export function createNames(): Names {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  return {
    names,
    number(name) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, names.length);
      return names.push(name) - 1;
    },
  };
}

export interface TableBuilder {
  readonly models: Names;
  readonly prompts: Names;
  /** Adds a battle by numbers of `models` and `prompts`; `outcome` is twice a's share. The caller has checked it. */
  add(a: number, b: number, outcome: number, prompt: number, weight: number, battle: string | undefined): void;
  finish(): BattleTable;
}

/** Builds a table. `models` and `prompts` may come with numbers of their own, as a reader of bytes has them. */
export function createTable(models: Names = createNames(), prompts: Names = createNames()): TableBuilder {
  const blocks: Block[] = [];
  const battles = createNames();
  let block: Block | null = null;
  let size = 0;
  let commonWeight: number | null = null;
  let mixed = false;
  let withoutPrompt = 0;

  const open = (): Block => {
    block = {
      used: 0,
      a: new Uint16Array(BLOCK),
      b: new Uint16Array(BLOCK),
      outcome: new Uint8Array(BLOCK),
      prompt: new Int32Array(BLOCK),
      weight: mixed ? new Float64Array(BLOCK) : null,
      battle: battles.names.length > 0 ? new Int32Array(BLOCK).fill(-1) : null,
    };
    blocks.push(block);
    return block;
  };
  const mix = () => {
    mixed = true;
    for (const one of blocks) one.weight = new Float64Array(BLOCK).fill(commonWeight ?? 1, 0, one.used);
  };
  return {
    models,
    prompts,
    add(a, b, outcome, prompt, weight, battle) {
      if (weight === 0) return;
      if (a >= MOST_MODELS || b >= MOST_MODELS)
        throw new InputError(`more than ${MOST_MODELS} models; a table of ratings holds no more`);
      if (commonWeight === null) commonWeight = weight;
      else if (weight !== commonWeight && !mixed) mix();
      const into = block === null || block.used === BLOCK ? open() : block;
      const at = into.used++;
      into.a[at] = a;
      into.b[at] = b;
      into.outcome[at] = outcome;
      into.prompt[at] = prompt;
      if (into.weight) into.weight[at] = weight;
      if (battle !== undefined) {
        into.battle ??= new Int32Array(BLOCK).fill(-1);
        into.battle[at] = battles.number(battle);
      }
      if (prompt < 0) withoutPrompt += 1;
      size += 1;
    },
    finish: () => ({
      size,
      models: models.names,
      prompts: prompts.names,
      blocks,
      commonWeight: mixed ? null : (commonWeight ?? 1),
      withoutPrompt,
      battles: battles.names,
    }),
  };
}

/**
 * A table of observations. Those of weight 0 are left out.
 * Errors (InputError): a model against itself or without a name, a weight that is negative or not finite, another score than 0, ½ or 1.
 */
export function tableOf(observations: readonly Observation[]): BattleTable {
  const table = createTable();
  observations.forEach((observation, index) => {
    check(observation, index);
    const { a, b, score, weight, prompt, battle } = observation;
    if (weight === 0) return;
    table.add(
      table.models.number(a),
      table.models.number(b),
      2 * score,
      prompt === null ? -1 : table.prompts.number(prompt),
      weight,
      battle,
    );
  });
  return table.finish();
}

function check({ a, b, score, weight }: Observation, index: number): void {
  const where = { field: `observation ${index}` };
  if (a === '' || b === '') throw new InputError('a model without a name; give every player one', where);
  if (a === b) throw new InputError(`the model ${JSON.stringify(a)} plays against itself; remove the battle`, where);
  if (!(weight >= 0 && weight < Infinity)) throw new InputError(`weight ${weight}; use a number from 0 on`, where);
  if (score !== 0 && score !== 0.5 && score !== 1)
    throw new InputError(`score ${String(score)}; use 0, 0.5 or 1`, where);
}

/** The table's battles one by one, in their order. */
export function* observationsOf({
  models,
  prompts,
  battles,
  blocks,
  commonWeight,
}: BattleTable): Generator<Observation> {
  const scores = [0, 0.5, 1] as const;
  for (const { used, a, b, outcome, prompt, weight, battle } of blocks)
    for (let row = 0; row < used; row++) {
      const named = battle ? battle[row]! : -1;
      yield {
        a: models[a[row]!]!,
        b: models[b[row]!]!,
        score: scores[outcome[row]!]!,
        weight: weight ? weight[row]! : (commonWeight ?? 1),
        prompt: prompt[row]! < 0 ? null : prompts[prompt[row]!]!,
        ...(named < 0 ? {} : { battle: battles[named]! }),
      };
    }
}
