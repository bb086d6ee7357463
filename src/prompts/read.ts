import { InputError } from '../arena/input-error';
import { UserError } from '../errors';
import { importFile } from './import/import-file';
import type { Prompt } from './prompt';

/** What a list of a user's turns without replies counts as: its first turn, as a run plays it, or all of them. */
export type Turns = 'first' | 'all';

/** Says that files hold none. */
export const noPromptIn = (files: readonly string[]): UserError =>
  new UserError(`There is no prompt in ${files.join(', ')}. Give JSONL lines such as {"prompt": "…"}.`);

/**
 * Reads the prompts of a run from files of any form that `prompts import` knows, whole into memory. The same text twice
 * is one prompt, in the order of its first appearance.
 * Errors (UserError): no prompt in any of them; see also `filePages`.
 */
export async function readPrompts(files: readonly string[], turns: Turns = 'first'): Promise<Prompt[]> {
  const found = new Map<string, Prompt>();
  for (const file of files)
    for await (const page of filePages(file, turns))
      for (const prompt of page) if (!found.has(prompt.id)) found.set(prompt.id, prompt);
  if (found.size === 0) throw noPromptIn(files);
  return [...found.values()];
}

/**
 * The prompts of one file as they are read, a page at a time; the same text may come again.
 * Errors (UserError): a row that holds no prompt, with file and line, since a run's own files should have none such; a file
 * that cannot be read.
 */
export async function* filePages(file: string, turns: Turns): AsyncGenerator<Prompt[]> {
  try {
    for await (const { prompts, drops } of importFile(file, { turns })) {
      const [bad] = drops;
      if (bad)
        throw new UserError(
          `${file}:${bad.line} holds no prompt: ${bad.reason}. Mend or remove that row; rows are such as {"prompt": "…"}, {"messages": […]} or {"turns": […]}.`,
        );
      yield prompts.map(({ line: _line, licence: _licence, ...prompt }) => prompt);
    }
  } catch (error) {
    throw InputError.isInstance(error) ? new UserError(error.message) : error;
  }
}
