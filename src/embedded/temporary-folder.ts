import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new temporary folder that others may pass: as root, the embedded Postgres runs as another user. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `flywheel-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
