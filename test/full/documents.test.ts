import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../src/embedded/paths';

/** The package as it is installed: its program, found where npm puts it. */
const run = promisify(execFile);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-documents-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the installed program rates a file of battles', async () => {
  writeFileSync(
    join(folder, 'battles.csv'),
    'model_a,model_b,winner,prompt_id\na,b,model_a,1\nb,a,model_a,2\na,b,tie,3\n',
  );
  const { stdout } = await run(join(repositoryRoot(), 'bin', 'flywheel.js'), ['rate', 'battles.csv', '--json'], {
    cwd: folder,
  });
  expect((JSON.parse(stdout) as { models: unknown[] }).models).toHaveLength(2);
});
