import type { Embedder } from './embedder';
import { normalise } from './vectors';
import { tellingWords } from './words';

const DIMENSIONS = 256;
/** Parts of words tie forms of one word together: "train" and "training". */
const PART = 4;
/** What a part counts beside a whole word. */
const PART_WEIGHT = 0.3;

/**
 * The built-in embedding, which needs no model: telling words and parts of four letters, hashed with a sign into 256 numbers
 * (feature hashing, Weinberger et al. 2009), each counted 1 + log of how often it comes. It knows words, not meaning: fit for groups of
 * prompts on one subject, not for judging that two say the same. A text without words has one vector of its own.
 */
export function lexicalEmbedder(): Embedder {
  return {
    name: 'lexical-v1',
    semantic: false,
    embed: (texts) => Promise.resolve(texts.map(lexicalVector)),
  };
}

function lexicalVector(text: string): Float32Array {
  const counts = new Map<string, number>();
  const count = (feature: string, weight: number) => counts.set(feature, (counts.get(feature) ?? 0) + weight);
  for (const word of tellingWords(text)) {
    count(word, 1);
    if (word.length > PART)
      for (let at = 0; at + PART <= word.length; at++) count(`#${word.slice(at, at + PART)}`, PART_WEIGHT);
  }
  const vector = new Float32Array(DIMENSIONS);
  for (const [feature, times] of counts) {
    const hash = fnv1a(feature);
    vector[hash % DIMENSIONS]! += (hash >>> 31 === 0 ? 1 : -1) * (times < 1 ? times : 1 + Math.log(times));
  }
  if (vector.every((number) => number === 0)) vector[0] = 1;
  return normalise(vector);
}

/** 32 bits of a text (Fowler, Noll and Vo, 1a, over code units), mixed once more so that all of them count. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
