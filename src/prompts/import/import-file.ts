import { basename } from 'node:path';
import { sha256 } from '../../identity';
import { createNumberMap, hashNumber } from '../number-map';
import { promptId, type Prompt } from '../prompt';
import { dialogueOf, isObject } from './dialogue';
import { readRecords } from './read-records';
import type { RawRecord } from './record';

/** A prompt with where it came from; its place in the file, and the licence it was given under. */
export interface ImportedPrompt extends Prompt {
  line: number;
  licence: string | null;
}

export interface ImportedBatch {
  prompts: ImportedPrompt[];
  /** Rows that are no prompt. */
  drops: { line: number; reason: string }[];
  /** Rows of this batch that had a system turn, which was left out. */
  withoutSystem: number;
  /** Rows read so far, from the file's beginning. */
  rows: number;
}

export interface ImportOptions {
  /** Licence of rows that name none themselves. */
  licence?: string | undefined;
  /** What a list of a user's turns without replies becomes: a dialogue of them all (default), or its first turn. */
  turns?: 'all' | 'first';
}

/**
 * The prompts of one file, as they are read; the same text may come again. An id that stands for another text than before
 * is a drop: nobody could say later which of the two a reference means.
 * Errors (InputError): see `readRecords`.
 */
export async function* importFile(file: string, options: ImportOptions = {}): AsyncGenerator<ImportedBatch> {
  const textOfId = createNumberMap();
  let rows = 0;
  for await (const records of readRecords(file)) {
    rows += records.length;
    const batch: ImportedBatch = { prompts: [], drops: [], withoutSystem: 0, rows };
    for (const record of records) {
      const found = promptOf(record, basename(file), options);
      if ('reason' in found) {
        batch.drops.push({ line: record.line, reason: found.reason });
        continue;
      }
      const { prompt, withoutSystem } = found;
      if (prompt.originalId !== null) {
        const text = hashNumber(prompt.id);
        const known = textOfId.claim(hashNumber(sha256(prompt.originalId)), text);
        if (known !== null && known !== text) {
          batch.drops.push({ line: record.line, reason: 'id of an earlier row with another text' });
          continue;
        }
      }
      batch.prompts.push(prompt);
      if (withoutSystem) batch.withoutSystem += 1;
    }
    yield batch;
  }
}

function promptOf(
  record: RawRecord,
  source: string,
  { licence, turns = 'all' }: ImportOptions,
): { prompt: ImportedPrompt; withoutSystem: boolean } | { reason: string } {
  if ('unreadable' in record) return { reason: record.unreadable };
  const { line, value } = record;
  const found = dialogueOf(value);
  if ('reason' in found) return found;
  const { withoutSystem, unanswered } = found;
  const messages = unanswered && turns === 'first' ? found.messages.slice(0, 1) : found.messages;
  if (messages.some(({ content }) => content.includes('\u0000') || !content.isWellFormed()))
    return { reason: 'a NUL or half a character, which Postgres does not store' };
  const row = isObject(value) ? value : {};
  const prompt: ImportedPrompt = {
    id: promptId(messages),
    messages,
    category: label(row['category']),
    source,
    originalId: label(row['uid'] ?? row['question_id'] ?? row['conversation_id'] ?? row['id']),
    line,
    licence: label(row['license'] ?? row['licence']) ?? licence ?? null,
  };
  return { prompt, withoutSystem };
}

/** A text or a number as a text; Parquet has 64-bit numbers. */
function label(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value.replaceAll('\u0000', '').toWellFormed();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
}
