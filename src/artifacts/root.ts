import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { queueOf } from '../../workflows/queues';
import { liveWorkers, type WorkerRow } from '../store/workers';

/** The name of a root's name, in the folder and in the bucket. */
export const ROOT_FILE = 'artifacts-root';

/**
 * What tells an artifacts folder from another one: a name that whoever comes first writes into it. Two hosts that read the same name see
 * the same folder, by whatever path. Null where the folder can be neither read nor made.
 */
export async function artifactsIdOf(folder: string): Promise<string | null> {
  const path = join(folder, ROOT_FILE);
  const own = randomUUID();
  const temporary = `${path}.${own}`;
  try {
    const known = await readFile(path, 'utf8').catch(() => null);
    if (known !== null) return known.trim();
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, `${own}\n`, { flush: true });
    // A link is made once, also by two at the same time and on a shared file system.
    await link(temporary, path).catch(() => undefined);
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return null;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Whether who serves these task queues reads or writes artifacts. */
export function needsArtifacts(queues: readonly string[]): boolean {
  return (['training', 'host'] as const).some((role) => queues.includes(queueOf(role)));
}

/** Workers that live and read or write artifacts. */
export async function artifactWorkers(pool: Pool, namespace: string): Promise<WorkerRow[]> {
  return (await liveWorkers(pool, namespace)).filter(({ queues }) => needsArtifacts(queues));
}

type Root = Pick<WorkerRow, 'host' | 'artifacts' | 'artifactsId'>;

/** One sentence for each worker that sees other artifacts than one of them does, or the same ones by another path, which jobs would name. */
export function strangeRoots(own: Root, workers: readonly WorkerRow[]): string[] {
  if (own.artifactsId === null)
    return [`The artifacts folder ${own.artifacts} cannot be written on ${own.host}: mend its rights, or its mount.`];
  return workers.flatMap(({ host, pid, queues, artifacts, artifactsId }) => {
    if (artifactsId === own.artifactsId && artifacts === own.artifacts) return [];
    const worker = `The worker on ${host} (process ${pid}, ${queues.join(', ')})`;
    if (artifactsId === null)
      return [
        `${worker} cannot write its artifacts folder ${artifacts}: mend its rights or its mount, or stop that worker.`,
      ];
    return artifactsId === own.artifactsId
      ? [
          `${worker} sees the artifacts of ${own.host} as ${artifacts}, not as ${own.artifacts}: mount them under one path, because jobs and datasets name it.`,
        ]
      : [
          `${worker} keeps artifacts in ${artifacts}, which is not the folder ${own.artifacts} of ${own.host}: checkpoints and datasets must be seen by both. Name one shared folder in FLYWHEEL_ARTIFACTS, or one bucket in FLYWHEEL_ARTIFACTS_S3, for both; or stop that worker.`,
        ];
  });
}
