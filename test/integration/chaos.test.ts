import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonPath, repositoryRoot, temporalBinary } from '../../src/embedded/paths';
import type { Row } from '../../bench/bench';
import { temporaryFolder } from '../../src/embedded/temporary-folder';

jest.setTimeout(600_000);

const main = join(repositoryRoot(), 'dist', 'chaos', 'main.js');
const folder = temporaryFolder('chaos');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a killed worker, trainer and Postgres leave a run as an undisturbed one', async () => {
  // Worker processes are those of the build, which `npm test` makes first.
  if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
  const env = {
    ...process.env,
    FLYWHEEL_HOME: folder,
    FLYWHEEL_PYTHON: pythonPath(),
    FLYWHEEL_TEMPORAL: temporalBinary(),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--short', '--json'], { env }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      if (error.stdout) return { stdout: error.stdout };
      throw new Error(error.stderr);
    },
  );
  const { rows } = JSON.parse(stdout) as { rows: Row[] };
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ ok }) => ok !== true)).toEqual([]);
});
