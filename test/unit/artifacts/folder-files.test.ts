import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, LISTING, listingText, parseListing } from '../../../src/artifacts/folder-files';
import { sha256 } from '../../../src/identity';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';

let folder: string;
beforeEach(() => (folder = temporaryFolder('files')));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('lists the files of a folder and of those in it, and reads the list again', async () => {
  mkdirSync(join(folder, 'b'));
  for (const name of ['a', 'b/c', LISTING]) writeFileSync(join(folder, name), name);
  const files = await filesIn(folder);
  expect(files).toEqual({ a: { bytes: 1, sha256: sha256('a') }, 'b/c': { bytes: 3, sha256: sha256('b/c') } });
  expect(parseListing(listingText(files), 's3://…')).toEqual(files);
});

test.each([
  ['no JSON', 'x'],
  ['no list', '{}'],
  ['a file without a hash', '{"files": {"a": {"bytes": 1}}}'],
  ['a file outside', '{"files": {"../a": {"bytes": 1, "sha256": "x"}}}'],
  ['an absolute path', '{"files": {"/etc/a": {"bytes": 1, "sha256": "x"}}}'],
])('refuses %s', (_, text) => {
  expect(() => parseListing(text, 's3://models/m/.files.json')).toThrow(/s3:\/\/models\/m\/.files.json is no list/);
});
