import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createArtifacts, type Artifacts } from '../../src/artifacts/artifacts';
import { bucketArtifacts } from '../../src/artifacts/bucket-artifacts';
import { parseBucketAddress } from '../../src/artifacts/address';
import { openBucket, type Bucket } from '../../src/artifacts/bucket';
import { repositoryRoot } from '../../src/embedded/paths';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { sha256 } from '../../src/identity';
import { fetchRecord, publishRecord } from '../../src/training/record';
import { ABSENT_BUCKET, startS3, type S3Server } from '../support/s3-server';
import { until } from '../support/until';

/** Artifacts in a bucket of moto's S3 server, which checks signatures and the permissions that docs/workers.md lists. */
let s3: S3Server;
const before = { ...process.env };

beforeAll(async () => {
  s3 = await startS3();
  Object.assign(process.env, s3.env);
});

afterAll(async () => {
  process.env = before;
  await s3?.stop();
});

describe('a bucket', () => {
  let folder: string;
  let one: Artifacts;
  let two: Artifacts;
  let bucket: Bucket;
  beforeEach(() => {
    folder = temporaryFolder('s3');
    bucket = openBucket(parseBucketAddress(s3.address));
    [one, two] = [join(folder, 'one'), join(folder, 'two')].map((root) => {
      mkdirSync(root);
      return bucketArtifacts(root, bucket);
    }) as [Artifacts, Artifacts];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A model's folder with a large file, an empty one and one that lies deeper; its manifest's sha256 is `name`. */
  function writeModel({ root }: Artifacts, name: string, megabytes = 20): string {
    const path = join(root, name);
    mkdirSync(join(path, 'deeper'), { recursive: true });
    writeFileSync(join(path, 'model.safetensors'), Buffer.alloc(megabytes << 20, name));
    writeFileSync(join(path, 'deeper', 'a file.txt'), name);
    writeFileSync(join(path, 'empty'), '');
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ sha256: name }));
    return path;
  }
  const there = ({ root }: Artifacts, name: string) => join(root, name);
  const hashes = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${name} ${sha256(readFileSync(join(parentPath, name)))}`)
      .sort();
  const since = async (count: number) => (await s3.requests()).slice(count);
  const writes = (requests: readonly string[]) => requests.filter((request) => /^(PUT|POST)/.test(request));

  it('brings a folder whole from one host to another, a large file in parts, once for all who ask at a time', async () => {
    const model = writeModel(one, 'whole');
    const start = (await s3.requests()).length;
    await one.publish(model);
    expect(writes(await since(start)).filter((request) => request.includes('partNumber')).length).toBe(2);
    const published = (await s3.requests()).length;
    await Promise.all([1, 2, 3].map(() => two.fetch(there(two, 'whole'), 'whole')));
    expect(await since(published)).toHaveLength(5);
    expect(hashes(there(two, 'whole'))).toEqual(hashes(model));
    expect(readdirSync(two.root)).toEqual(['whole']);
    const fetched = (await s3.requests()).length;
    await two.fetch(there(two, 'whole'), 'whole');
    expect(await since(fetched)).toEqual([]);
  });

  it('uploads nothing that is there already', async () => {
    const model = writeModel(one, 'twice', 1);
    const file = there(one, 'rows.jsonl');
    writeFileSync(file, 'rows\n');
    for (const path of [model, file]) await one.publish(path);
    const start = (await s3.requests()).length;
    for (const path of [model, file]) await one.publish(path);
    expect((await since(start)).length).toBeGreaterThan(0);
    expect(writes(await since(start))).toEqual([]);
  });

  it('takes an upload that was killed on the way for nothing, and goes on with it', async () => {
    const model = writeModel(one, 'killed', 120);
    const start = (await s3.requests()).length;
    const script = join(repositoryRoot(), 'test', 'support', 'publish-process.ts');
    const child = spawn(
      process.execPath,
      ['-r', './test/support/typescript.cjs', script, one.root, s3.address, model],
      {
        cwd: repositoryRoot(),
        env: process.env,
        stdio: 'ignore',
      },
    );
    const ended = once(child, 'exit');
    // Many parts are left behind the first one.
    await until(
      () => Promise.resolve(s3.told().slice(start)),
      (requests) => requests.some((request) => request.includes('partNumber')),
    );
    child.kill('SIGKILL');
    await ended;
    await expect(two.fetch(there(two, 'killed'))).rejects.toThrow(/neither here nor in the bucket \(s3:/);
    expect(await two.fetchIfThere(there(two, 'killed'))).toBe(false);
    expect(readdirSync(two.root)).toEqual([]);
    await one.publish(model);
    await two.fetch(there(two, 'killed'), 'killed');
    expect(hashes(there(two, 'killed'))).toEqual(hashes(model));
  });

  it('refuses what is not what was published, and leaves nothing of it', async () => {
    const file = there(one, 'cut.jsonl');
    writeFileSync(file, 'one row\nanother row\n');
    const model = writeModel(one, 'cut', 1);
    for (const path of [model, file]) await one.publish(path);
    // As somebody's broken copy would: the object is shorter, what is said of it stays.
    const cut = there(one, 'shorter');
    writeFileSync(cut, 'one row\n');
    for (const key of ['cut.jsonl', 'cut/model.safetensors'])
      await bucket.upload(key, cut, { bytes: 8, sha256: (await bucket.look(key))?.sha256 ?? '' });
    await expect(two.fetch(there(two, 'cut.jsonl'))).rejects.toThrow(
      /cut.jsonl is not what was published \(sha256 differs; it has 8 bytes\)/,
    );
    await expect(two.fetch(there(two, 'cut'), 'cut')).rejects.toThrow(
      /cut\/model.safetensors is not what was published/,
    );
    expect(readdirSync(two.root)).toEqual([]);
    // Whoever still has it mends it.
    await one.publish(file);
    await two.fetch(there(two, 'cut.jsonl'), sha256('one row\nanother row\n'));
    await expect(two.fetch(there(two, 'cut.jsonl'), sha256('other'))).rejects.toThrow(/is not what was published/);
  });

  it('replaces what is here and is not what the database names', async () => {
    const model = writeModel(one, 'newer', 1);
    await one.publish(model);
    const older = writeModel(two, 'newer', 2);
    writeFileSync(join(older, 'manifest.json'), '{"sha256": "older"}');
    await two.fetch(older, 'newer');
    expect(hashes(older)).toEqual(hashes(model));
    await expect(two.fetch(older, 'newest')).rejects.toThrow(/is not what the database names/);
    expect(hashes(older)).toEqual(hashes(model));
  });

  it('tells a host that another one has finished a job, in the place of what was begun of it here', async () => {
    const jobs = [one, two].map((artifacts) => there(artifacts, 'job')) as [string, string];
    for (const job of jobs) mkdirSync(job);
    expect(await fetchRecord(two, jobs[1])).toBe(false);
    writeFileSync(join(jobs[1], 'progress.jsonl'), 'begun\n');
    for (const name of ['job.json', 'progress.jsonl', 'result.json']) writeFileSync(join(jobs[0], name), name);
    writeFileSync(join(jobs[0], 'trainer.log'), 'stays here');
    await publishRecord(one, jobs[0]);
    expect(await fetchRecord(one, jobs[0])).toBe(false);
    expect(await fetchRecord(two, jobs[1])).toBe(true);
    expect(readdirSync(jobs[1]).sort()).toEqual(['job.json', 'progress.jsonl', 'result.json']);
    expect(readFileSync(join(jobs[1], 'progress.jsonl'), 'utf8')).toBe('progress.jsonl');
  });

  it('leaves alone what lies elsewhere', async () => {
    const start = (await s3.requests()).length;
    await one.publish('/models/base');
    await one.fetch('/models/base', 'x');
    expect(await since(start)).toEqual([]);
  });

  it('has one name for all hosts, whoever comes first', async () => {
    const address = `${s3.address}/fresh`;
    const roots = [1, 2, 3, 4].map((n) => join(folder, String(n)));
    const ids = await Promise.all(roots.map((artifacts) => createArtifacts({ artifacts, artifactsS3: address }).id()));
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(await one.id()).not.toBe(ids[0]);
    expect(await createArtifacts({ artifacts: one.root, artifactsS3: address }).look()).toBe(
      `${address}/, of which ${one.root} is a cache`,
    );
  });

  const SECRET = 'not-the-secret';
  const cases: [string, string, Record<string, string>, RegExp][] = [
    ['that is missing', `s3://${ABSENT_BUCKET}`, {}, /There is no bucket flywheel-absent at http:\S+: make it/],
    ["that is another's", 's3://flywheel-other', {}, /refuses access .*permissions that docs\/workers.md lists/],
    ['behind a wrong secret', '', { AWS_SECRET_ACCESS_KEY: SECRET }, /does not accept the key .*SignatureDoesNotMatch/],
    ['behind a wrong key', '', { AWS_ACCESS_KEY_ID: 'AKIAWRONG' }, /does not accept the key .*InvalidAccessKeyId/],
    [
      'where nobody answers',
      '',
      { AWS_ENDPOINT_URL_S3: 'http://u:p@127.0.0.1:9' },
      /Nobody answers .* at http:\/\/127\.0\.0\.1:9 /,
    ],
  ];
  it.each(cases)('%s is told in one sentence', async (_, address, change, sentence) => {
    Object.assign(process.env, change);
    try {
      const artifacts = createArtifacts({ artifacts: one.root, artifactsS3: address || s3.address });
      for (const ask of [() => artifacts.look(), () => artifacts.id()]) {
        const error = await ask().then(
          () => null,
          (thrown: unknown) => thrown as Error,
        );
        expect(error?.name).toBe('UserError');
        expect(error?.message).toMatch(sentence);
        expect(error?.message).not.toMatch(new RegExp(`${SECRET}|AKIA|u:p`));
      }
    } finally {
      Object.assign(process.env, s3.env);
    }
  });
});
