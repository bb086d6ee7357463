import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './embedded/paths';

/** This program's version. */
export function programVersion(): string {
  return (JSON.parse(readFileSync(join(repositoryRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
