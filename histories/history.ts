import { hostname } from 'node:os';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { History } from '@temporalio/common/lib/proto-utils';
import { repositoryRoot } from '../src/embedded/paths';

/** Random ids and counters of the server's own, a quarter of a history's compressed size; no replay asks for them. */
const LEFT_OUT: readonly string[] = ['requestId', 'taskId'];

/**
 * A history as it is kept in git: gzip-compressed JSON in which the recording machine, its processes and its folders have
 * no name.
 * @param json Temporal's own JSON form, as text.
 */
export function packed(json: string, home: string): Buffer {
  const short = JSON.stringify(JSON.parse(json), (key, value: unknown) => (LEFT_OUT.includes(key) ? undefined : value));
  const nameless = short
    .replaceAll(hostname(), 'host')
    .replace(/"identity":"\d+@/g, '"identity":"1@')
    .replaceAll(repositoryRoot(), '/flywheel')
    .replaceAll(home, '/home');
  return gzipSync(nameless, { level: 9 });
}

export const unpacked = (content: Buffer): History => JSON.parse(gunzipSync(content).toString('utf8')) as History;
