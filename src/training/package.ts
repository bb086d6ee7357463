import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../identity';

const NAME = 'flywheel_trainer';

/**
 * Copies the trainer's package to `<artifacts>/trainer/<hash>`, where every node of a cluster that shares the artifacts
 * folder finds it, and returns that folder. By its hash, so that a newer worker does not change a trainer that runs.
 */
export async function sharePackage(packageFolder: string, artifacts: string): Promise<string> {
  const source = join(packageFolder, NAME);
  const names = (await readdir(source)).filter((name) => name.endsWith('.py')).sort();
  const files = await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(source, name)) })));
  const hash = sha256(files.map(({ name, text }) => `${name} ${sha256(text)}\n`).join('')).slice(0, 16);
  const final = join(artifacts, 'trainer', hash);
  if ((await readdir(final).catch((): string[] => [])).includes(NAME)) return final;
  const temporary = `${final}.tmp-${process.pid}-${Math.trunc(performance.now() * 1000)}`;
  await mkdir(join(temporary, NAME), { recursive: true });
  for (const { name, text } of files) await writeFile(join(temporary, NAME, name), text);
  // Another worker may have been first; its copy is the same.
  await rename(temporary, final).catch(() => rm(temporary, { recursive: true, force: true }));
  return final;
}
