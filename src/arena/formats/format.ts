import type { Observation } from '../types';

/** A record that a format cannot rate, with the reason under which it is counted (an error verdict, a model against itself). */
export interface Skipped {
  skipped: string;
}

/**
 * A form in which battles are published: one record (a JSON object, or a CSV row as an object of texts) holds one or several games.
 * Pure; reading files is the reader's.
 */
export interface BattleFormat {
  /** As people call it, such as `MT-bench pair judgments`. */
  name: string;
  /** The fields by which it is known, for the error that lists the formats. */
  fields: string;
  /** Whether a record has this form, by its fields alone; the first record of a file decides for the whole file. */
  recognises(record: Readonly<Record<string, unknown>>): boolean;
  /**
   * The observations of one record: none, one, or both games of a battle with weight ½ and the same `battle`.
   * Errors (InputError with `field`, without a place: the reader adds file and line): a field that is missing or has an unknown value.
   */
  read(record: Readonly<Record<string, unknown>>): readonly Observation[] | Skipped;
}
