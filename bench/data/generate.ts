import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { sfc32, uniform, type Random } from '../../src/arena/random';
import { ADJECTIVES, NOUNS, OPENINGS, SYLLABLES, VERBS } from './words';

/** What a row was planted as. */
export type Kind = 'original' | 'duplicate' | 'contaminated' | 'short' | 'foreign' | 'personal';

export interface Conversation {
  /** `c-0`, `c-1` …: unique. */
  id: string;
  prompt: string;
  kind: Kind;
  /** The row or benchmark item of which this is a near copy; null where it is none. */
  of: string | null;
}

export interface GeneratorOptions {
  count: number;
  seed: number;
  /** Share of rows that are near copies of an earlier original, 0 to 1. */
  duplicates: number;
  /** Share of rows that are near copies of an item of `generateBenchmark`, 0 to 1. */
  contamination: number;
  /** Share of rows that cleaning must drop, a third each: too short, not English, with an e-mail address. Default 0. */
  dirt?: number;
}

const BENCHMARK_ITEMS = 1000;
const FOREIGN = [
  'Erkläre mir bitte ausführlich, weshalb der Händler aus dem alten Dorf im vergangenen Winter seine Werkstatt verkaufen musste',
  "Explique pourquoi le marchand du vieux village a dû vendre son atelier pendant l'hiver dernier malgré l'aide de ses voisins",
  'Explica por qué el comerciante del pueblo antiguo tuvo que vender su taller durante el invierno pasado a pesar de sus vecinos',
  'Объясни, пожалуйста, почему торговец из старой деревни прошлой зимой был вынужден продать свою мастерскую незнакомым людям',
];

/**
 * Synthetic requests in English of about 125 characters, with planted near-duplicates, contamination and dirt. Any row
 * can be made again from its number alone, so that nothing is held in memory and a copy needs no look at its original.
 */
export function* generateConversations(options: GeneratorOptions): Iterable<Conversation> {
  for (let index = 0; index < options.count; index++) yield conversation(options, index);
}

/** The items of the benchmark that contaminated rows copy. */
export function generateBenchmark(seed: number): { id: string; prompt: string }[] {
  return Array.from({ length: BENCHMARK_ITEMS }, (_, index) => ({
    id: `b-${index}`,
    prompt: sentence(stream(seed, 'benchmark', index)),
  }));
}

/** Writes the conversations as JSONL with `id` and `prompt` only; says how many of each kind there are. */
export async function writeConversations(file: string, options: GeneratorOptions): Promise<Record<Kind, number>> {
  const planted: Record<Kind, number> = {
    original: 0,
    duplicate: 0,
    contaminated: 0,
    short: 0,
    foreign: 0,
    personal: 0,
  };
  const out = createWriteStream(file);
  let lines: string[] = [];
  for (const { id, prompt, kind } of generateConversations(options)) {
    planted[kind] += 1;
    lines.push(JSON.stringify({ id, prompt }));
    if (lines.length < 5000) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  out.end(lines.map((line) => `${line}\n`).join(''));
  await finished(out);
  return planted;
}

function conversation(options: GeneratorOptions, index: number): Conversation {
  const { seed } = options;
  const id = `c-${index}`;
  const random = stream(seed, 'text', index);
  switch (kindOf(options, index)) {
    case 'duplicate': {
      const original = Math.floor(uniform(random) * index);
      // The earlier row may be a copy or dirt itself; then this one is an original of its own.
      if (kindOf(options, original) !== 'original') break;
      return { id, prompt: edited(textOf(seed, original), random), kind: 'duplicate', of: `c-${original}` };
    }
    case 'contaminated': {
      const item = Math.floor(uniform(random) * BENCHMARK_ITEMS);
      const text = sentence(stream(seed, 'benchmark', item));
      return { id, prompt: edited(text, random), kind: 'contaminated', of: `b-${item}` };
    }
    case 'short':
      return { id, prompt: `${pick(OPENINGS, random)} ${pick(NOUNS, random)} ${index}?`, kind: 'short', of: null };
    case 'foreign':
      return { id, prompt: `${index}: ${pick(FOREIGN, random)}.`, kind: 'foreign', of: null };
    case 'personal': {
      const address = `${pick(NOUNS, random)}.${index}@${pick(NOUNS, random)}.com`;
      return { id, prompt: `${textOf(seed, index)} Answer to ${address}.`, kind: 'personal', of: null };
    }
    case 'original':
  }
  return { id, prompt: textOf(seed, index), kind: 'original', of: null };
}

function kindOf({ seed, duplicates, contamination, dirt = 0 }: GeneratorOptions, index: number): Kind {
  const u = uniform(stream(seed, 'kind', index));
  if (u < duplicates) return index > 0 ? 'duplicate' : 'original';
  if (u < duplicates + contamination) return 'contaminated';
  const third = (u - duplicates - contamination) / (dirt / 3);
  return third < 1 ? 'short' : third < 2 ? 'foreign' : third < 3 ? 'personal' : 'original';
}

const textOf = (seed: number, index: number) => sentence(stream(seed, 'original', index));

const STREAMS = { kind: 1, text: 2, original: 3, benchmark: 4 };

/** A generator of its own per row and use, so that rows do not depend on one another. */
function stream(seed: number, use: keyof typeof STREAMS, index: number): Random {
  return sfc32((seed * 8 + STREAMS[use]) * 2 ** 24 + index);
}

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(uniform(random) * items.length)]!;

/** A made-up name of three syllables, one of 216,000. */
const name = (random: Random): string => {
  const word = pick(SYLLABLES, random) + pick(SYLLABLES, random) + pick(SYLLABLES, random);
  return word[0]!.toUpperCase() + word.slice(1);
};

/**
 * Names make two unrelated rows as unlike as real prompts are: with ordinary words alone their shingles of 5 characters were similar
 * by .036 (median) and .20 (the 99th percentile), those of Arena-Hard's 500 prompts by .009 and .06.
 */
function phrase(random: Random): string {
  return uniform(random) < 0.15
    ? `the ${pick(ADJECTIVES, random)} ${pick(NOUNS, random)}`
    : `${name(random)}'s ${name(random)}`;
}

function sentence(random: Random): string {
  const clause = () => `${phrase(random)} ${pick(VERBS, random)} ${phrase(random)}`;
  const text = `${pick(OPENINGS, random)} ${clause()} in ${name(random)}`;
  const more = uniform(random);
  if (more < 0.3) return `${text}, and mention ${1000 + Math.floor(uniform(random) * 1000)}.`;
  if (more < 0.75) return `${text} while ${clause()}.`;
  return `${text} because ${clause()}, although ${phrase(random)} ${pick(VERBS, random)} ${Math.floor(uniform(random) * 500)} of them.`;
}

/** A near copy: one to four words are replaced, removed or doubled. */
function edited(text: string, random: Random): string {
  const words = text.split(' ');
  const edits = 1 + Math.floor(uniform(random) * 4);
  for (let edit = 0; edit < edits; edit++) {
    const at = Math.floor(uniform(random) * words.length);
    const how = uniform(random);
    words.splice(at, 1, ...(how < 0.6 ? [pick(NOUNS, random)] : how < 0.8 ? [] : [words[at]!, words[at]!]));
  }
  return words.join(' ');
}
