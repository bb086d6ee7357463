import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { until } from './until';

/** A bucket on moto's S3 server (test/support/s3_server.py), and a key that may do there what docs/workers.md asks for. */
export interface S3Server {
  /** `s3://BUCKET/flywheel`. */
  address: string;
  /** What the AWS library takes from its environment. */
  env: Record<string, string>;
  /** Methods and paths of all requests so far. */
  requests(): Promise<string[]>;
  /** Those of them that its log has told already, at once. */
  told(): string[];
  stop(): Promise<void>;
}

const BUCKET = 'flywheel-test';
/** There is no such bucket, and the key may do all there: so the server says that it is missing, not that it is forbidden. */
export const ABSENT_BUCKET = 'flywheel-absent';

/** The permissions of docs/workers.md, for the test's bucket. */
function documentedPolicy(): string {
  const docs = readFileSync(join(repositoryRoot(), 'docs', 'workers.md'), 'utf8');
  const [, policy = ''] = /```json\n([^`]*s3:PutObject[^`]*)```/.exec(docs) ?? [];
  const { Version, Statement } = JSON.parse(policy.replaceAll('my-bucket', BUCKET)) as {
    Version: string;
    Statement: object[];
  };
  const absent = [`arn:aws:s3:::${ABSENT_BUCKET}`, `arn:aws:s3:::${ABSENT_BUCKET}/*`];
  return JSON.stringify({ Version, Statement: [...Statement, { Effect: 'Allow', Action: 's3:*', Resource: absent }] });
}

export async function startS3(): Promise<S3Server> {
  const python = process.env['FLYWHEEL_TEST_MOTO_PYTHON'] || pythonPath();
  const script = join(repositoryRoot(), 'test', 'support', 's3_server.py');
  const env = { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: '4' };
  const server = spawn(python, [script, documentedPolicy()], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let log = '';
  let marks = 0;
  server.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(server, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: server.stdout }), 'line'),
    ended.then(() => {
      throw new Error(`moto did not start on ${python} (trainer/requirements-dev.txt): ${log.slice(-1000)}`);
    }),
  ])) as [string];
  const { url, keyId, secret } = JSON.parse(line) as { url: string; keyId: string; secret: string };
  const told = () =>
    [...log.matchAll(/"(?:\S*m)?([A-Z]+ \/\S*) HTTP/g)]
      .map(([, request = '']) => request)
      .filter((request) => !request.includes(' /mark-'));
  return {
    told,
    address: `s3://${BUCKET}/flywheel`,
    env: { AWS_ENDPOINT_URL_S3: url, AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secret },
    async requests() {
      // The log comes through a pipe of its own, later than the answers: what was asked before this stands before it there.
      const mark = `/mark-${++marks}`;
      await (await fetch(`${url}${mark}`)).arrayBuffer();
      await until(
        () => Promise.resolve(log),
        (text) => text.includes(`GET ${mark} HTTP`),
      );
      return told();
    },
    async stop() {
      server.stdin.end();
      await ended;
    },
  };
}
