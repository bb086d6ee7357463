import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors';
import { fileSha256 } from '../files';
import type { FileFacts } from './bucket';

/** What a published folder holds, by the files' names in it (with slashes where they lie deeper). */
export type FolderFiles = Record<string, FileFacts>;

/** The object that lists a folder's files. It is uploaded last: a folder without it is not whole. */
export const LISTING = '.files.json';

/** Reads and hashes a folder's files, its sub-folders' too. */
export async function filesIn(folder: string): Promise<FolderFiles> {
  const files: FolderFiles = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const found = await stat(path);
    if (!found.isFile() || name === LISTING) continue;
    files[name] = { bytes: found.size, sha256: await fileSha256(path) };
  }
  return files;
}

export function listingText(files: FolderFiles): string {
  return `${JSON.stringify({ files }, null, 1)}\n`;
}

/** @throws UserError where the text is no listing, or names a file outside its folder. */
export function parseListing(text: string, shown: string): FolderFiles {
  try {
    const { files } = JSON.parse(text) as { files: FolderFiles };
    const names = Object.keys(files);
    const isInside = (name: string) => !name.split('/').some((part) => part === '' || part === '.' || part === '..');
    if (names.every((name) => isInside(name) && typeof files[name]?.sha256 === 'string')) return files;
  } catch {
    // Said below.
  }
  throw new UserError(`${shown} is no list of a folder's files: somebody else wrote it. Remove it there.`);
}
