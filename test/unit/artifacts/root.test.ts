import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactsIdOf, strangeRoots } from '../../../src/artifacts/root';
import type { WorkerRow } from '../../../src/store/workers';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'artifacts-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const worker = (artifacts: string, artifactsId: string | null): WorkerRow => ({
  ...{ id: 'w', namespace: 'default', queues: ['flywheel-training'], host: 'gpu2', pid: 7, version: '0.1.0' },
  ...{ artifacts, artifactsId },
});

test('all who come at once read one name, and another folder has another', async () => {
  const root = join(folder, 'artifacts');
  const names = await Promise.all(Array.from({ length: 8 }, () => artifactsIdOf(root)));
  expect(new Set(names).size).toBe(1);
  expect(names[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(readdirSync(root)).toEqual(['artifacts-root']);
  expect(await artifactsIdOf(join(folder, 'other'))).not.toBe(names[0]);
});

test('the same folder by another path is known, and a folder that cannot be made is none', async () => {
  symlinkSync(folder, `${folder}-link`);
  try {
    expect(await artifactsIdOf(`${folder}-link`)).toBe(await artifactsIdOf(folder));
  } finally {
    rmSync(`${folder}-link`);
  }
  writeFileSync(join(folder, 'file'), '');
  expect(await artifactsIdOf(join(folder, 'file', 'artifacts'))).toBeNull();
});

test('says of each worker what is wrong, and nothing of one that fits', () => {
  const own = { host: 'gpu1', artifacts: '/shared/artifacts', artifactsId: 'a' };
  const said = strangeRoots(own, [
    worker('/shared/artifacts', 'a'),
    worker('/home/me/artifacts', 'b'),
    worker('/mnt/artifacts', 'a'),
    worker('/shared/artifacts', null),
  ]);
  expect(said).toEqual([
    expect.stringContaining('The worker on gpu2 (process 7, flywheel-training) keeps artifacts in /home/me/artifacts'),
    expect.stringContaining('as /mnt/artifacts, not as /shared/artifacts'),
    expect.stringContaining('cannot write its artifacts folder /shared/artifacts'),
  ]);
  expect(strangeRoots({ ...own, artifactsId: null }, [])).toEqual([expect.stringContaining('on gpu1')]);
});
