import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { exportRows } from '../../../src/selection/export/export';
import { said, type PairRow } from '../../../src/selection/rows';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';

const pair = (n: number): PairRow => ({
  prompt: [{ role: 'user', content: `Question ${n}?` }],
  chosen: said(`good ${n}`),
  rejected: said(`bad ${n % 7}`),
  meta: { run: 'r', round: 1, stage: 'dpo', prompt: `p${n}`, battles: [`r/r1-dpo-a1/training#${n}`], gap: n / 4 },
});

const folder = temporaryFolder('export-parquet');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([1, 10_000, 20_001])('writes %d rows of Parquet by groups, and all come back', async (count) => {
  const rows = Array.from({ length: count }, (_, n) => pair(n));
  const file = join(folder, `${count}.parquet`);
  expect(await exportRows(rows, 'parquet', file)).toMatchObject({ rows: count, files: [file] });

  const buffer = await asyncBufferFromFile(file);
  const { row_groups: groups } = await parquetMetadataAsync(buffer);
  expect(groups).toHaveLength(Math.ceil(count / 10_000));
  const read = (await parquetReadObjects({ file: buffer })).map(({ meta, ...row }) => ({
    ...row,
    meta: JSON.parse(meta as string) as unknown,
  }));
  expect(read).toEqual(rows);
});

it('writes no file where there is no row', async () => {
  const file = join(folder, 'none.parquet');
  await expect(exportRows([], 'parquet', file)).rejects.toThrow('has no row');
  await expect(asyncBufferFromFile(file)).rejects.toThrow('ENOENT');
});
