import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from './errors';

/**
 * The lines of a file, or of stdin for `-`, as they arrive, with their numbers from 1; blank ones are left out. Not
 * node:readline, which also breaks at U+2028, a character that JSON texts may hold.
 */
export async function* readLines(file: string): AsyncGenerator<{ line: number; text: string }> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  const numbered = (text: string) => ({
    line: ++line,
    text: (line === 1 ? text.replace(/^\uFEFF/, '') : text).replace(/\r$/, ''),
  });
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        const one = numbered(text);
        if (one.text.trim() !== '') yield one;
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(`The file ${file} could not be read: ${message}. Check the path and its permissions.`);
  }
  const one = numbered(rest + decoder.end());
  if (one.text.trim() !== '') yield one;
}
