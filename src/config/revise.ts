import { UserError } from '../errors';
import { canonicalJson } from '../identity';
import { shownUrl } from '../models/errors';
import { frozenPart } from './freeze';
import { parseConfig } from './load';
import type { Config } from './schema';

type Settings = Record<string, unknown>;
const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Settings laid over others, as JSON Merge Patch (RFC 7396) does it: objects are merged, all else is replaced; but lists of
 * things with an `id` (the competitors) are merged by it, so that one of them can be changed alone.
 */
export function mergeSettings(old: unknown, change: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(change) && [...old, ...change].every((one) => isSettings(one) && 'id' in one))
    return mergeById(old as Settings[], change as Settings[]);
  if (!isSettings(change)) return change;
  const merged: Settings = isSettings(old) ? { ...old } : {};
  for (const [key, value] of Object.entries(change)) merged[key] = mergeSettings(merged[key], value);
  return merged;
}

function mergeById(old: Settings[], change: Settings[]): unknown[] {
  const known = old.map((one) => mergeSettings(one, change.find(({ id }) => id === one['id']) ?? {}));
  return [...known, ...change.filter(({ id }) => !old.some((one) => one['id'] === id))];
}

/** Settings of the evaluation that only decide how often it happens and what is shown beside it. */
const FREE_IN_EVALUATION = ['after', 'bootstrapRounds', 'commands'];

/** What all rounds of a run share: with another one, its ratings and datasets would not belong together. */
function fixedPart(config: Config, competitors: readonly string[]): Settings {
  const frozen = frozenPart(config) as Settings & { evaluation: Settings; competitors: { id: string }[] };
  const evaluation = Object.entries(frozen.evaluation).filter(([key]) => !FREE_IN_EVALUATION.includes(key));
  return {
    seed: config.seed,
    stages: config.stages,
    start: config.start,
    anchor: config.anchor,
    prompts: frozen['prompts'],
    target: frozen['target'],
    ...Object.fromEntries(evaluation.map(([key, value]) => [`evaluation.${key}`, value])),
    ...Object.fromEntries(
      competitors.map((id) => [`competitors (${id})`, frozen.competitors.find((one) => one.id === id)]),
    ),
  };
}

/**
 * A run's configuration with other settings from a round on.
 * @throws UserError for settings that are wrong, or that a run cannot change on its way.
 */
export function reviseConfig(config: Config, change: Settings, round: number): Config {
  if (change['budget'] !== undefined)
    throw new UserError('set.budget: the cap is changed by its own message: setBudget {"usd": 50}');
  const revised = parseConfig(mergeSettings(config, change), { where: '"set"' });
  const known = config.competitors.map(({ id }) => id);
  const [before, after] = [fixedPart(config, known), fixedPart(revised, known)];
  const changed = Object.keys(before).filter((key) => canonicalJson(before[key]) !== canonicalJson(after[key]));
  if (changed.length > 0)
    throw new UserError(
      `set: ${changed.join(', ')} cannot change within a run, because all its rounds are rated together. Start another run under another id.`,
    );
  const late = revised.competitors.find(({ id, joins }) => !known.includes(id) && joins < round);
  if (late)
    throw new UserError(
      `set: the new competitor ${late.id} must join in round ${round} or later ("joins": ${round}); the rounds before it are rated already.`,
    );
  return revised;
}

/** A setting that is another now, by its path, as text. */
export interface Change {
  path: string;
  from: string;
  to: string;
}

/** Every setting that differs between two configurations. */
export function changesBetween(from: unknown, to: unknown, path = ''): Change[] {
  if (canonicalJson(from ?? null) === canonicalJson(to ?? null)) return [];
  const isTree = (value: unknown) => isSettings(value) || (Array.isArray(value) && value.some(isSettings));
  if (!isTree(from) || !isTree(to)) return [{ path, from: shown(from), to: shown(to) }];
  const [left, right] = [entriesOf(from), entriesOf(to)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    changesBetween(left.get(key), right.get(key), path === '' ? key : `${path}.${key}`),
  );
}

/** Fields by name; members of a list by their id, or else their place. */
function entriesOf(value: unknown): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value as Settings));
  return new Map(
    value.map((one, index) => [isSettings(one) && typeof one['id'] === 'string' ? one['id'] : String(index), one]),
  );
}

/** A value for people; an address may hide a key. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? shownUrl(value) : value.slice(0, 200);
  return JSON.stringify(value).slice(0, 200);
}
