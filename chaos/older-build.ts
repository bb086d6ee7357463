import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflows, UNPATCHED } from '../src/bundle-workflows';

let built: Promise<string> | null = null;

/** The workflows as they were before their patches (docs/upgrading.md), bundled once; the bundle's path. */
export function olderBundle(folder: string): Promise<string> {
  built ??= bundleWorkflows(UNPATCHED).then((code) => {
    const path = join(folder, 'older-workflow-bundle.js');
    writeFileSync(path, code);
    return path;
  });
  return built;
}
