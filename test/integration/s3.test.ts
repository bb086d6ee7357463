import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createArtifacts, type Artifacts } from '../../src/artifacts/artifacts';
import { bucketArtifacts } from '../../src/artifacts/bucket-artifacts';
import { parseBucketAddress } from '../../src/artifacts/address';
import { openBucket, type Bucket } from '../../src/artifacts/bucket';
import { checkServers } from '../../src/cli/doctor/servers';
import { main } from '../../src/cli/main';
import { curvesSchema } from '../../src/dashboard/schemas/runs';
import { startDashboard } from '../../src/dashboard/server';
import { repositoryRoot } from '../../src/embedded/paths';
import { sha256 } from '../../src/identity';
import { checkpointsOf, datasetsOf } from '../../src/store/artifacts';
import { fetchRecord, publishRecord } from '../../src/training/record';
import { progressQuery, updates } from '../../workflows/messages';
import type { Progress } from '../../workflows/types';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { ABSENT_BUCKET, startS3, type S3Server } from '../support/s3-server';
import { scriptedConfig, scriptedFiles, scriptedPython } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/** Artifacts in a bucket of moto's S3 server, which checks signatures and the permissions that docs/workers.md lists. */
let s3: S3Server;
const before = { ...process.env };

jest.setTimeout(240_000);

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
  const since = (count: number) => s3.requests().slice(count);
  const writes = (requests: readonly string[]) => requests.filter((request) => /^(PUT|POST)/.test(request));

  it('brings a folder whole from one host to another, a large file in parts, once for all who ask at a time', async () => {
    const model = writeModel(one, 'whole');
    const start = s3.requests().length;
    await one.publish(model);
    expect(writes(since(start)).filter((request) => request.includes('partNumber')).length).toBe(2);
    const published = s3.requests().length;
    await Promise.all([1, 2, 3].map(() => two.fetch(there(two, 'whole'), 'whole')));
    expect(since(published)).toHaveLength(5);
    expect(hashes(there(two, 'whole'))).toEqual(hashes(model));
    expect(readdirSync(two.root)).toEqual(['whole']);
    const fetched = s3.requests().length;
    await two.fetch(there(two, 'whole'), 'whole');
    expect(since(fetched)).toEqual([]);
  });

  it('uploads nothing that is there already', async () => {
    const model = writeModel(one, 'twice', 1);
    const file = there(one, 'rows.jsonl');
    writeFileSync(file, 'rows\n');
    for (const path of [model, file]) await one.publish(path);
    const start = s3.requests().length;
    for (const path of [model, file]) await one.publish(path);
    expect(since(start).length).toBeGreaterThan(0);
    expect(writes(since(start))).toEqual([]);
  });

  it('takes an upload that was killed on the way for nothing, and goes on with it', async () => {
    const model = writeModel(one, 'killed', 120);
    const start = s3.requests().length;
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
    await until(
      () => Promise.resolve(since(start)),
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
    const start = s3.requests().length;
    await one.publish('/models/base');
    await one.fetch('/models/base', 'x');
    expect(since(start)).toEqual([]);
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

/** The same path for every process, and for each another folder: that in which it runs. So one machine is several hosts. */
const ROOT = '/proc/self/cwd/artifacts';
const possible = existsSync('/proc/self/cwd');
if (!possible) process.stderr.write('skipped: hosts that share a path and no folder need /proc (Linux)\n');

(possible ? describe : describe.skip)('hosts that share nothing but a bucket', () => {
  let servers: TestServers;
  let python: string;
  const here = process.cwd();
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    servers = await testServers('s3-hosts');
    python = scriptedPython(servers.paths.home);
  });

  afterAll(async () => {
    process.chdir(here);
    for (const one of processes) if (one.exitCode === null && one.signalCode === null) one.kill('SIGKILL');
    await servers?.stop();
  });

  const home = (host: string) => join(servers.paths.home, host);
  const environment = (host: string) => ({
    ...s3.env,
    FLYWHEEL_HOME: home(host),
    FLYWHEEL_ARTIFACTS: ROOT,
    FLYWHEEL_ARTIFACTS_S3: s3.address,
    FLYWHEEL_DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
  });

  /** A worker on a host of its own, and what it said until it polled, or ended. */
  async function begin(host: string, roles: string, change: Record<string, string> = {}) {
    mkdirSync(home(host));
    const logFile = join(home(host), 'worker.log');
    const out = openSync(logFile, 'a');
    const script = join(repositoryRoot(), 'bin', 'flywheel.js');
    const worker = spawn(process.execPath, [script, 'worker', '--json', '--roles', roles], {
      cwd: home(host),
      stdio: ['ignore', out, out],
      env: { ...process.env, ...environment(host), FLYWHEEL_PYTHON: python, ...change },
    });
    closeSync(out);
    processes.push(worker);
    const log = await until(
      () => Promise.resolve(readFileSync(logFile, 'utf8')),
      (text) => text.includes('taskQueues') || worker.exitCode !== null,
    );
    return { worker, log };
  }

  async function work(host: string, roles: string): Promise<ChildProcess> {
    const { worker, log } = await begin(host, roles);
    expect(log).toContain('taskQueues');
    return worker;
  }

  it('does not begin to work without its bucket, and says why in one sentence', async () => {
    const { worker, log } = await begin('stranger', 'training', {
      FLYWHEEL_ARTIFACTS_S3: `s3://${ABSENT_BUCKET}/runs`,
    });
    expect(log.trim()).toMatch(/^.*There is no bucket flywheel-absent at http:\S+: make it, or mend .*$/);
    expect(worker.exitCode).toBeGreaterThan(0);
  });

  /** A server for each checkpoint, as vLLM would be: it is started with the checkpoint's folder, and answers as a scripted player. */
  function servedByScript(): { kind: 'vllm'; start: string[]; concurrency: number } {
    const node = join(servers.paths.home, 'node');
    mkdirSync(node);
    writeFileSync(join(node, 'models.json'), JSON.stringify({ 'far/I0@no-weigh': 'poet', '*': 'tutor' }));
    const fake = [process.execPath, join(repositoryRoot(), 'test', 'support', 'fake-vllm.cjs'), node];
    const start = [...fake, 'serve', '{path}', '--served-model-name', '{name}', '--port', '{port}'];
    return { kind: 'vllm', start, concurrency: 8 };
  }

  it('train and serve a run: one goes on with what another one has trained, and was killed', async () => {
    const scripted = scriptedConfig(scriptedFiles(servers.paths.home));
    const config = {
      ...scripted,
      target: { ...scripted.target, serve: servedByScript() },
      stages: ['sft', 'dpo'],
      pauseAfter: 'stage',
    };
    await work('desk', 'orchestrator,battles,host');
    const first = await work('gpu-one', 'training');
    const handle = await servers.client.workflow.start('flywheel', {
      ...{ workflowId: 'far', taskQueue: 'flywheel', args: [{ config }] },
    });
    const paused = (label: string) =>
      until(
        () => handle.query<Progress>(progressQuery),
        ({ status, steps }) => status === 'paused' && steps.some((step) => step.label === label),
      );
    const resume = () => handle.executeUpdate(updates.resume, { args: [undefined] });
    await paused('r1-sft-a1');
    first.kill('SIGKILL');
    rmSync(join(home('gpu-one'), 'artifacts'), { recursive: true });
    await work('gpu-two', 'training');
    await resume();
    await paused('r1-dpo-a1');
    await resume();
    expect(await handle.result()).toMatchObject({ run: 'far', rounds: 1 });

    // Each host has what it needed: all that is served was trained elsewhere.
    const files = (host: string) =>
      readdirSync(join(home(host), 'artifacts', 'far'), { recursive: true })
        .map(String)
        .filter((name) => /jsonl$|safetensors$/.test(name) && !/progress|checkpoints/.test(name))
        .sort();
    expect(files('desk')).toEqual([
      'r1-dpo-a1/dpo.jsonl',
      'r1-dpo-a1/model/model.safetensors',
      'r1-sft-a1/model/model.safetensors',
      'r1-sft-a1/sft.jsonl',
    ]);
    expect(files('gpu-two')).toEqual([
      'r1-dpo-a1/dpo.jsonl',
      'r1-dpo-a1/model/model.safetensors',
      'r1-sft-a1/model/model.safetensors',
    ]);
    const checkpoints = await checkpointsOf(servers.pool, 'far');
    const sft = checkpoints.find(({ id }) => id === 'far/r1-sft-a1');
    const manifest = JSON.parse(
      readFileSync(join(home('gpu-two'), 'artifacts', 'far', 'r1-sft-a1', 'model', 'manifest.json'), 'utf8'),
    ) as { sha256: string };
    expect(manifest.sha256).toBe(sft?.sha256);
    const { rows } = await servers.pool.query('select distinct artifacts_id from workers');
    expect(rows).toHaveLength(1);
  });

  describe('and a fourth, where nobody works', () => {
    beforeAll(() => {
      mkdirSync(home('laptop'));
      process.chdir(home('laptop'));
      Object.assign(process.env, environment('laptop'));
    });

    /** What a command prints. */
    async function said<T>(...command: string[]): Promise<T> {
      let out = '';
      jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
      try {
        await main([...command, '--json']);
      } finally {
        jest.restoreAllMocks();
        process.exitCode = undefined;
      }
      return JSON.parse(out) as T;
    }

    it('shows the data by commands', async () => {
      const { shown } = await said<{ shown: unknown[] }>('data', 'show', 'far/r1-sft-a1/sft');
      expect(shown.length).toBeGreaterThan(0);
    });

    it('hears from doctor where the artifacts are, and who sees them', async () => {
      const findings = await checkServers();
      const of = (name: string) => findings.find((one) => one.name === name);
      expect(of('bucket')).toEqual({
        name: 'bucket',
        level: 'ok',
        sentence: `${s3.address}/, of which ${ROOT} is a cache`,
      });
      expect(of('artifacts')).toMatchObject({
        level: 'ok',
        sentence: expect.stringContaining(`${ROOT}, seen by`) as string,
      });
    });

    it('shows curves of jobs that others have finished, and profiles of their datasets', async () => {
      const { databaseUrl, temporalAddress } = servers;
      const dashboard = await startDashboard({
        ...{ databaseUrl, temporalAddress, namespace: 'default', uiUrl: null, port: 0, env: {} },
        ...{ artifacts: ROOT, artifactsS3: s3.address },
      });
      try {
        const get = async (path: string): Promise<unknown> => (await fetch(`${dashboard.url}/api/v1${path}`)).json();
        const { jobs } = await until(
          async () => curvesSchema.parse(await get('/runs/far/curves')),
          (curves) => curves.jobs.filter(({ finished }) => finished).length === 2,
        );
        expect(jobs.map(({ label, step, finished }) => [label, step, finished])).toEqual([
          ['r1-dpo-a1', 20, true],
          ['r1-sft-a1', 20, true],
        ]);
        const dataset = await until(
          () =>
            get(`/dataset?id=${encodeURIComponent('far/r1-dpo-a1/dpo')}`) as Promise<{
              profile: { state: string };
              card: object;
            }>,
          ({ profile }) => profile.state !== 'pending',
        );
        expect([dataset.profile.state, dataset.card]).toEqual(['ready', expect.anything()]);
      } finally {
        await dashboard.close();
      }
    });

    it('copies what a run has made into a bucket that came later', async () => {
      const later = `${s3.address}/later`;
      Object.assign(process.env, { FLYWHEEL_ARTIFACTS_S3: later });
      const copied = await said('data', 'publish', 'far').finally(() =>
        Object.assign(process.env, { FLYWHEEL_ARTIFACTS_S3: s3.address }),
      );
      const datasets = (await datasetsOf(servers.pool, 'far')).map(({ id }) => id);
      expect(copied).toEqual({ run: 'far', published: datasets, missing: ['far/r1-sft-a1', 'far/r1-dpo-a1'] });
      const bucket = openBucket(parseBucketAddress(later));
      for (const { path, sha256: hash } of await datasetsOf(servers.pool, 'far'))
        expect(await bucket.look(path.slice(ROOT.length + 1))).toMatchObject({ sha256: hash });
    });
  });
});
