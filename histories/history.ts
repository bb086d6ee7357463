import { hostname } from 'node:os';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { History } from '@temporalio/common/lib/proto-utils';
import { repositoryRoot } from '../src/embedded/paths';

/**
 * A history as it is kept in git: gzip-compressed JSON in which the recording machine, its processes and its folders have
 * no name.
 * @param history as Temporal's own JSON form.
 */
export function packed(history: unknown, home: string): Buffer {
  const json = JSON.stringify(history)
    .replaceAll(hostname(), 'host')
    .replace(/"identity":"\d+@/g, '"identity":"1@')
    .replaceAll(repositoryRoot(), '/flywheel')
    .replaceAll(home, '/home');
  return gzipSync(json, { level: 9 });
}

export const unpacked = (content: Buffer): History => JSON.parse(gunzipSync(content).toString('utf8')) as History;
