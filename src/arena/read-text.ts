import { readFileSync } from 'node:fs';
import { InputError } from './input-error';

/** A text file without its byte order mark. Errors (InputError): it cannot be read, or is not UTF-8. */
export function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const reason = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    throw new InputError(reason === 'ENOENT' ? 'no such file' : `cannot be read (${reason})`, { file });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('is not UTF-8 text; save it as UTF-8 (with or without byte order mark)', { file });
  }
}
