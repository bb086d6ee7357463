import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { UserError, messageOf } from '../errors';
import { withTemplates } from './judges';
import { poolNameOf } from './prompt-source';
import { configSchema, type Config } from './schema';

/** Reads a configuration file (YAML or JSON). Paths in it are relative to the file. */
export async function loadConfig(file: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `The configuration ${file} could not be read: ${messageOf(error)}. Give the path of a YAML or JSON file.`,
    );
  }
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem) throw new UserError(`The configuration ${file} is not valid YAML: ${problem.message}`);
  return parseConfig(document.toJS(), { where: file, folder: dirname(resolve(file)) });
}

/**
 * Checks a configuration and fills in the defaults.
 * @throws UserError that lists each wrong field with its path and cure.
 */
export function parseConfig(value: unknown, { where = 'the configuration', folder = process.cwd() } = {}): Config {
  const parsed = configSchema.safeParse(value ?? {});
  if (!parsed.success)
    throw new UserError(
      `In ${where}:\n${parsed.error.issues
        .flatMap(describe)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
  return withFiles(parsed.data, folder);
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path =
    issue.path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
      .replace(/^\./, '') || '(top)';
  if (issue.code === 'unrecognized_keys') {
    const known = siblings(issue.path);
    return issue.keys.map(
      (key) => `${path === '(top)' ? '' : `${path}.`}${key}: no such setting${didYouMean(key, known)}`,
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative with the fewest complaints is the one that was meant.
    const alternatives = issue.errors.map((errors) =>
      errors.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] })),
    );
    return alternatives.sort((a, b) => a.length - b.length)[0] ?? [];
  }
  return [`${path}: ${issue.message}`];
}

/** The settings that exist at a path, read from the schema itself. */
function siblings(path: readonly PropertyKey[]): string[] {
  const found = new Set<string>();
  let level: unknown[] = [configSchema];
  for (const part of path) level = level.flatMap((schema) => children(schema, part));
  for (const schema of level.flatMap(unwrap)) for (const key of Object.keys(shapeOf(schema))) found.add(key);
  return [...found];
}

interface Definition {
  innerType?: unknown;
  in?: unknown;
  element?: unknown;
  options?: unknown[];
  shape?: Record<string, unknown>;
}
const definitionOf = (schema: unknown): Definition => (schema as { def?: Definition }).def ?? {};
const shapeOf = (schema: unknown): Record<string, unknown> => definitionOf(schema).shape ?? {};

function unwrap(schema: unknown): unknown[] {
  const { innerType, in: input, options } = definitionOf(schema);
  if (options) return options.flatMap(unwrap);
  const inner = innerType ?? input;
  return inner ? unwrap(inner) : [schema];
}

function children(schema: unknown, part: PropertyKey): unknown[] {
  return unwrap(schema).flatMap((inner) => {
    const { element } = definitionOf(inner);
    const child = typeof part === 'number' ? element : shapeOf(inner)[String(part)];
    return child ? [child] : [];
  });
}

function didYouMean(key: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= Math.max(2, key.length / 3)) return `; did you mean "${best.name}"?`;
  return known.length ? `; known here: ${known.join(', ')}` : '';
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Paths made absolute, and judge templates read from theirs. */
function withFiles(config: Config, folder: string): Config {
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
  const located = (source: string) => (poolNameOf(source) === null ? absolute(source) : source);
  return {
    ...config,
    target: config.target && { ...config.target, base: absolute(config.target.base) },
    training: { ...config.training, accelerate: config.training.accelerate && absolute(config.training.accelerate) },
    start: { sft: config.start.sft === null ? null : absolute(config.start.sft) },
    competitors: config.competitors.map((player) =>
      'answers' in player ? { ...player, answers: absolute(player.answers) } : player,
    ),
    prompts: {
      ...config.prompts,
      source: config.prompts.source.map(located),
      embedding: withPath(config.prompts.embedding, absolute),
      decontaminate: config.prompts.decontaminate?.map(located) ?? null,
    },
    judge: withTemplates(config.judge, 'judge', folder),
    evaluation: {
      ...config.evaluation,
      judge: config.evaluation.judge && withTemplates(config.evaluation.judge, 'evaluation.judge', folder),
      testSet: config.evaluation.testSet?.map(located) ?? null,
    },
  };
}

function withPath(embedding: Config['prompts']['embedding'], absolute: (path: string) => string) {
  return embedding && 'onnx' in embedding ? { onnx: absolute(embedding.onnx) } : embedding;
}
