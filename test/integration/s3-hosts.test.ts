import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBucketAddress } from '../../src/artifacts/address';
import { openBucket } from '../../src/artifacts/bucket';
import { checkServers } from '../../src/cli/doctor/servers';
import { main } from '../../src/cli/main';
import { curvesSchema } from '../../src/dashboard/schemas/runs';
import { startDashboard } from '../../src/dashboard/server';
import { repositoryRoot } from '../../src/embedded/paths';
import { checkpointsOf, datasetsOf } from '../../src/store/artifacts';
import { progressQuery, updates } from '../../workflows/messages';
import type { Progress } from '../../workflows/types';
import { ABSENT_BUCKET, startS3, type S3Server } from '../support/s3-server';
import { scriptedConfig, scriptedFiles, scriptedPython } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/** The same path for every process, and for each another folder: that in which it runs. So one machine is several hosts. */
const ROOT = '/proc/self/cwd/artifacts';
const possible = existsSync('/proc/self/cwd');
if (!possible) process.stderr.write('skipped: hosts that share a path and no folder need /proc (Linux)\n');

/** The bucket is moto's, as in s3.test.ts. */
(possible ? describe : describe.skip)('hosts that share nothing but a bucket', () => {
  let s3: S3Server;
  let servers: TestServers;
  let python: string;
  const here = process.cwd();
  const before = { ...process.env };
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    s3 = await startS3();
    Object.assign(process.env, s3.env);
    servers = await testServers('s3-hosts');
    python = scriptedPython(servers.paths.home);
  });

  afterAll(async () => {
    process.chdir(here);
    for (const one of processes) if (one.exitCode === null && one.signalCode === null) one.kill('SIGKILL');
    process.env = before;
    await servers?.stop();
    await s3?.stop();
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
    await once(first, 'exit');
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
