import { createHash } from 'node:crypto';

/** JSON with sorted keys and without `undefined`, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** sha256 of a text, in hex. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Identity of a value by its content: the first 32 hex digits (128 bits) of the sha256 of its canonical JSON. */
export function contentId(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, 32);
}

/** The same of a value whose canonical JSON comes in pieces: a million ids are never one text. */
export function contentIdOf(pieces: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex').slice(0, 32);
}

/** Items of a list whose text is made at once. */
const ITEMS = 10_000;

/** The canonical JSON of a list, in pieces. */
export function* listJson(items: Iterable<unknown>): Generator<string> {
  yield '[';
  let separator = '';
  let some: unknown[] = [];
  const text = () => {
    const piece = separator + canonicalJson(some).slice(1, -1);
    [separator, some] = [',', []];
    return piece;
  };
  for (const item of items) if (some.push(item) === ITEMS) yield text();
  if (some.length > 0) yield text();
  yield ']';
}

/** A 31-bit seed from any parts, the same for the same parts. */
export function seedFrom(...parts: readonly (string | number)[]): number {
  return Number.parseInt(sha256(canonicalJson(parts)).slice(0, 8), 16) & 0x7fffffff;
}
