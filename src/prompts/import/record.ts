/** One row of a file, before anything is known of its form; or why it cannot be read. `line` counts from 1. */
export type RawRecord = { line: number; value: unknown } | { line: number; unreadable: string };

/** Rows handed on at a time where the format has no pieces of its own: a generator's step per row would cost more than the row. */
export const BATCH = 1000;

/** One row's JSON text as a record. */
export function parsed(text: string, line: number): RawRecord {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, unreadable: 'not JSON (cut off or malformed)' };
  }
}
