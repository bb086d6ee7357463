import { access } from 'node:fs/promises';
import { glob, isDynamicPattern } from 'tinyglobby';
import { UserError } from '../errors';

/**
 * Files that a source of prompts names: itself, or all that a pattern matches (`chats/*.jsonl`), in the order of their names.
 * @throws UserError when nothing is there.
 */
export async function filesOf(source: string): Promise<string[]> {
  // A file whose own name looks like a pattern is that file.
  if (!isDynamicPattern(source) || (await isThere(source))) return [source];
  const found = await glob(source, { absolute: true, expandDirectories: false });
  if (found.length === 0) throw new UserError(`No file matches ${source}. Check the path and the pattern.`);
  return found.sort();
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
