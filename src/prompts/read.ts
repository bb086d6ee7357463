import { InputError } from '../arena/input-error';
import { UserError } from '../errors';
import { importFile } from './import/import-file';
import type { Prompt } from './prompt';

/**
 * Reads the prompts of a run from files of any form that `prompts import` knows, whole into memory. The same text twice
 * is one prompt, in the order of its first appearance.
 * @param turns what a list of a user's turns without replies counts as: its first turn, or all of them.
 * Errors (UserError): a row that holds no prompt, with file and line, since a run's own files should have none such; a file
 * that cannot be read.
 */
export async function readPrompts(files: readonly string[], turns: 'first' | 'all' = 'first'): Promise<Prompt[]> {
  const found = new Map<string, Prompt>();
  for (const file of files)
    for (const prompt of await readFile(file, turns)) if (!found.has(prompt.id)) found.set(prompt.id, prompt);
  if (found.size === 0)
    throw new UserError(`There is no prompt in ${files.join(', ')}. Give JSONL lines such as {"prompt": "…"}.`);
  return [...found.values()];
}

async function readFile(file: string, turns: 'first' | 'all'): Promise<Prompt[]> {
  const read: Prompt[] = [];
  try {
    for await (const { prompts, drops } of importFile(file, { turns })) {
      const [bad] = drops;
      if (bad)
        throw new UserError(
          `${file}:${bad.line} holds no prompt: ${bad.reason}. Mend or remove that row; rows are such as {"prompt": "…"}, {"messages": […]} or {"turns": […]}.`,
        );
      for (const { id, messages, category, source, originalId } of prompts)
        read.push({ id, messages, category, source, originalId });
    }
  } catch (error) {
    throw InputError.isInstance(error) ? new UserError(error.message) : error;
  }
  return read;
}
