import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../../src/config/load';
import { pythonPath, repositoryRoot } from '../../../src/embedded/paths';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { describeBase } from '../../../src/training/base';
import { sharePackage } from '../../../src/training/package';
import { rayBackend, type RayTraining } from '../../../src/training/ray';
import type { RayJob, RaySubmission } from '../../../src/training/ray-client';
import { scriptedJob } from '../../support/scripted-trainer';
import { closeServers, send, serve } from '../models/server';

// A probe imports all that trains.
jest.setTimeout(400_000);

/** Ray's Jobs API by script: it runs entrypoints on this machine. A real cluster is in test/cluster/ray.test.ts. */
async function scriptedRay(stopAnswers = 200) {
  const jobs = new Map<string, Partial<RayJob> & { asked: RaySubmission; log: string }>();
  const { url } = await serve((response, { method, path = '', body }) => {
    const [, , , id = '', what] = path.split('/');
    const job = jobs.get(decodeURIComponent(id));
    if (path === '/api/version') return send(response, 200, JSON.stringify({ ray_version: '2.60.0' }));
    if (what === 'stop') return send(response, stopAnswers, 'no agent is up');
    if (method === 'POST') {
      const asked = body as unknown as RaySubmission;
      const fresh = { status: 'RUNNING' as RayJob['status'], asked, log: '' };
      jobs.set(asked.submission_id, fresh);
      const env = { PATH: process.env['PATH'], ...asked.runtime_env.env_vars };
      execFile('sh', ['-c', asked.entrypoint], { env }, (error, stdout, stderr) =>
        Object.assign(fresh, { status: error ? 'FAILED' : 'SUCCEEDED', log: stdout + stderr }),
      );
      return send(response, 200, '{}');
    }
    if (!job) return send(response, 404, 'no such job');
    return send(response, 200, JSON.stringify(what === 'logs' ? { logs: job.log } : job));
  });
  return { url: url.replace(/\/v1$/, ''), jobs };
}

const settings = (url: string, change: object = {}): RayTraining =>
  parseConfig({
    target: { base: '/models/base' },
    competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
    judge: { url: 'sandbox:', model: 'judge' },
    prompts: { source: ['prompts.jsonl'] },
    training: { kind: 'ray', url, python: pythonPath(), ...change },
  }).training as RayTraining;

describe('Ray', () => {
  let root: string;
  beforeEach(() => (root = temporaryFolder('ray')));
  afterEach(async () => {
    await closeServers();
    rmSync(root, { recursive: true, force: true });
  });
  const start = (name: string) => ({ folder: root, job: scriptedJob('rows'), name, handle: null, logs: {} });

  it('reserves memory, on each node where there are several', async () => {
    const { url, jobs } = await scriptedRay();
    // `true` takes any argument and does nothing.
    const asked = async (change: object) => {
      const backend = rayBackend(settings(url, { python: 'true', memoryGb: 0.5, ...change }), root);
      await backend.submit(start(JSON.stringify(change)));
      return jobs.get(JSON.stringify(change))?.asked;
    };
    expect(await asked({ nodes: 1 })).toMatchObject({ entrypoint_memory: 536870912 });
    const spread = await asked({ nodes: 2, gpus: 8 });
    expect(spread?.entrypoint).toContain('--cpus 1 --gpus 8 --memory 536870912');
    expect(spread).not.toHaveProperty('entrypoint_memory');
  });

  it('says where a stop is not taken; what is gone needs none', async () => {
    const stopOf = async (answer: number) =>
      rayBackend(settings((await scriptedRay(answer)).url), root).stop(start('a'));
    await expect(stopOf(500)).rejects.toThrow(/refused to stop the job \(HTTP 500\): no agent is up/);
    await stopOf(404);
    await stopOf(200);
  });

  it('is refused where a node sees another folder of the same path, or another model', async () => {
    const { url } = await scriptedRay();
    const base = join(root, 'base');
    mkdirSync(base);
    writeFileSync(join(base, 'config.json'), '{}');
    const packageFolder = join(repositoryRoot(), 'trainer');
    const shared = await sharePackage(packageFolder, join(root, 'artifacts'));
    const sha256 = async () => (await describeBase({ python: pythonPath(), packageFolder }, base)).sha256;
    const check = (folder: string, of: () => Promise<string>) =>
      rayBackend(settings(url), folder).check([root], { path: base, sha256: of });

    await check(shared, sha256);
    await expect(check(shared, () => Promise.resolve('ab'.repeat(32)))).rejects.toThrow(
      /base on the node \S+ holds other files \(sha256 \w{12}\) than here \(sha256 abababababab\); mount the same folder/,
    );
    // The folder is there, and what was just written into it is not.
    await expect(check(join(root, 'trainer', 'hash'), sha256)).rejects.toThrow(
      /does not see \S+\/trainer\/hash; mount it/,
    );
  });
});
