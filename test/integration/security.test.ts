import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { parseHTML } from 'linkedom';
import { request } from 'undici';
import { scriptedPython } from '../../chaos/scripted-python';
import { main } from '../../src/cli/main';
import { createClient } from '../../src/codec/client';
import { startCodecEndpoint, loopbackOrigins } from '../../src/codec/endpoint';
import { keysFrom, KEY_VARIABLE, newKey } from '../../src/codec/keys';
import { startDashboard } from '../../src/dashboard/server';
import { repositoryRoot } from '../../src/embedded/paths';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { progressQuery, updates } from '../../workflows/messages';
import { guardedEndpoint, type GuardedEndpoint } from '../support/guarded-endpoint';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, tinyConfig, writeFakeBase, writePrompts } from '../support/tiny';
import { startWorkerProcess } from '../support/worker-process';

/** One run of the flywheel with a marked secret, among names, prompts, answers and judge texts that attack. */
const SECRET = `sk-marked-${randomBytes(12).toString('hex')}`;
const NAMES = {
  poet: `poet'); drop table answers; --`,
  tutor: '$(touch PWNED)`touch PWNED`;touch PWNED',
  coder: `<img src=x onerror=alert(1)>[x](javascript:alert(2))\n\`\`\`\n# head`,
};
const RUN = `../../x/..;touch PWNED $(touch PWNED)'"<b>"`;
const ATTACK = `\u001b[31m'); drop table games; -- $(touch PWNED) ../../../PWNED </script><script>alert(3)</script> | [y](javascript:alert(4)) \`\`\``;
/** What a broken model may say; a prompt with it is refused at the start. */
const HOSTILE = `\u0000\ud800${ATTACK}`;
/** As Postgres can store it. */
const STORED = `\uFFFD\uFFFD${ATTACK}`;
const REFUSED = 'this one is refused';

let servers: TestServers;
let sandbox: Sandbox;
let endpoint: GuardedEndpoint;
let home: string;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  servers = await testServers('security');
  sandbox = await startSandbox();
  ({ home } = servers.paths);
  const spoiled = (text: string) => `${text} ${HOSTILE}`;
  endpoint = await guardedEndpoint(
    sandbox.url,
    SECRET,
    {
      [NAMES.poet]: { as: 'poet', spoil: spoiled },
      [NAMES.tutor]: { as: 'tutor' },
      [NAMES.coder]: { as: 'coder', spoil: spoiled },
      'judge-d': { as: 'data-judge', spoil: (text) => `${text}\n${HOSTILE}` },
      'judge-e': { as: 'evaluation-judge' },
      start: { as: 'poet' },
      trained: { as: 'clerk' },
    },
    REFUSED,
  );
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await endpoint?.close();
  await sandbox?.close();
  await servers?.stop();
});

/** A worker process whose environment holds the secret, its output in a log of the home. */
async function startWorker(log: string, env: Record<string, string>): Promise<ChildProcess> {
  const settings = { home, databaseUrl: servers.databaseUrl, temporalAddress: servers.temporalAddress };
  const options = { logFile: join(home, log), env: { ...env, MARKED_SECRET: SECRET } };
  const worker = await startWorkerProcess(settings, options);
  workers.push(worker);
  return worker;
}

/** What a command prints, on both streams. */
async function printed(...args: string[]): Promise<string> {
  let text = '';
  const take = (part: string | Uint8Array) => ((text += String(part)), true);
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(take));
  try {
    await main(args);
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
  return text;
}

function config() {
  const pool = writePrompts(join(home, 'pool.jsonl'), 16 + 2 * 10 + 30, 'train');
  const test = writePrompts(join(home, 'test.jsonl'), 12, 'test');
  const lines = readFileSync(pool, 'utf8').trim().split('\n');
  const spoiled = lines.map((line, index) => {
    const row = JSON.parse(line) as { prompt: string };
    const text = index % 3 === 0 ? `${row.prompt} ${ATTACK}` : index === 1 ? `${row.prompt} ${REFUSED}` : row.prompt;
    return JSON.stringify({ ...row, prompt: text });
  });
  writeFileSync(pool, `${spoiled.join('\n')}\n`);
  const tiny = tinyConfig({ base: writeFakeBase(join(home, 'base')), pool, test });
  const reach = { url: endpoint.url, key: 'env:MARKED_SECRET', concurrency: 8, retries: 6 };
  const sampling = { temperature: 1, maxTokens: 400 };
  return {
    ...tiny,
    name: 'guarded',
    stages: ['sft'],
    target: {
      ...tiny.target,
      sampling,
      serve: { kind: 'endpoint', ...reach, models: { I0: 'start', 'r1-sft-a1': 'trained' } },
    },
    competitors: Object.values(NAMES).map((name) => ({ id: name, model: name, ...reach, sampling })),
    judge: { ...sandboxJudge('data-judge'), ...reach, model: 'judge-d' },
    evaluation: { ...tiny.evaluation, judge: { ...sandboxJudge('evaluation-judge'), ...reach, model: 'judge-e' } },
    arena: { ...tiny.arena, maxFailedShare: 0.5, maxInvalidShare: 1 },
  };
}

/** What the dashboard's pages ask for; the pages themselves are files of the build, the same for every run. */
function dashboardPaths(): string[] {
  const run = `/api/v1/runs/${encodeURIComponent(RUN)}`;
  const dataset = `id=${encodeURIComponent(`${RUN}/r1-sft-a1/sft`)}`;
  const ofRun = ['', '/events', '/curves', '/leaderboard', '/leaderboard.md', '/judges', '/datasets', '/battles'];
  return ['/api/v1/runs', ...ofRun.map((path) => `${run}${path}`), `/api/v1/dataset?${dataset}`];
}

/** The text at an address; asked again while a part of it is pending. @throws Error where it is not there. */
async function read(url: string): Promise<string> {
  for (;;) {
    const { statusCode, body } = await request(url);
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text}`);
    if (!text.includes('"state":"pending"')) return text;
    await sleep(100);
  }
}

/** All histories of a workflow id, as they travel. */
async function historyBytes(workflowId: string): Promise<Buffer> {
  const history = await servers.client.workflow.getHandle(workflowId).fetchHistory();
  return Buffer.from(temporal.api.history.v1.History.encode(history).finish());
}

/** Files below a folder, links left alone. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function databaseDump(): Promise<string> {
  const tables = await servers.pool.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const rows = [];
  for (const { name } of tables.rows) {
    const { rows: found } = await servers.pool.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    rows.push(`${name}\n`, ...found.map(({ row }) => `${row}\n`));
  }
  return rows.join('');
}

describe('a run with a secret, among texts that attack', () => {
  let worker: ChildProcess;
  const shown: Record<string, string> = {};

  beforeAll(async () => {
    const python = join(home, 'python');
    writeFileSync(
      python,
      `#!/bin/sh\nenv >> '${join(home, 'trainer-environment')}'\nexec '${scriptedPython(home)}' "$@"\n`,
      {
        mode: 0o755,
      },
    );
    worker = await startWorker('worker.log', { FLYWHEEL_PYTHON: python });
    const handle = await servers.client.workflow.start('flywheel', {
      workflowId: RUN,
      taskQueue: 'flywheel',
      args: [{ config: config() }],
    });
    await handle.executeUpdate(updates.setBudget, { args: [{ usd: 1000 }] });
    await handle.result();
    const progress = await handle.query(progressQuery);
    shown['progress'] = JSON.stringify(progress);
    const details = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    shown['details'] = String(details.currentDetails);

    Object.assign(process.env, {
      FLYWHEEL_DATABASE_URL: servers.databaseUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      MARKED_SECRET: SECRET,
    });
    mkdirSync(join(home, 'shown'));
    const commands: Record<string, string[]> = {
      status: ['status', RUN],
      'status.json': ['status', RUN, '--json'],
      leaderboard: ['leaderboard', RUN],
      datasets: ['data', 'list', RUN],
      rows: ['data', 'show', `${RUN}/r1-sft-a1/sft`, '--rows', '5'],
      report: ['report', RUN, '--out', join(home, 'report')],
      unnamed: ['report', RUN],
      exported: ['export', `${RUN}/r1-sft-a1/sft`, '--form', 'llama-factory', '--out', join(home, 'export.jsonl')],
    };
    for (const [name, args] of Object.entries(commands)) {
      shown[name] = await printed(...args);
      writeFileSync(join(home, 'shown', name), shown[name]);
    }
    const settings = {
      uiUrl: null,
      artifacts: servers.paths.artifacts,
      namespace: 'default',
      port: 0,
      env: process.env,
    };
    const dashboard = await startDashboard({ ...settings, ...servers });
    try {
      for (const path of dashboardPaths()) shown[path] = await read(`${dashboard.url}${path}`);
    } finally {
      await dashboard.close();
    }
    for (const name of ['FLYWHEEL_DATABASE_URL', 'TEMPORAL_ADDRESS', 'MARKED_SECRET']) delete process.env[name];
  });

  afterAll(async () => {
    worker?.kill('SIGTERM');
    if (worker && worker.exitCode === null) await once(worker, 'exit');
  });

  it('used the secret, and keeps it nowhere: history, database, logs, pages, job files', async () => {
    expect(endpoint.admitted()).toBeGreaterThan(100);
    const history = await historyBytes(RUN);
    const dump = await databaseDump();
    // What is looked through does hold what it should hold.
    expect(history.includes('env:MARKED_SECRET')).toBe(true);
    expect(dump).toContain('maximum context length is exceeded; headers:');
    expect(dump).toContain('env:MARKED_SECRET');
    const { password } = new URL(servers.databaseUrl);
    expect(password.length).toBeGreaterThan(8);

    for (const path of dashboardPaths()) expect([path, shown[path]?.length]).not.toEqual([path, 0]);
    expect(shown[dashboardPaths().find((path) => path.endsWith('/leaderboard')) ?? '']).toContain('drop table answers');

    for (const secret of [SECRET, password]) {
      expect(history.includes(secret)).toBe(false);
      expect(dump.includes(secret)).toBe(false);
      for (const [name, text] of Object.entries(shown)) expect([name, text.includes(secret)]).toEqual([name, false]);
    }
    const files = filesBelow(home);
    for (const one of ['worker.log', 'trainer-environment', 'temporal.db', 'report.html', 'job.json', 'trainer.log'])
      expect(files.filter((file) => file.endsWith(one)).length).toBeGreaterThan(0);
    expect(files.filter((file) => readFileSync(file).includes(SECRET))).toEqual([]);
    // The database's password stands in its own file alone.
    const own = files.filter((file) => !file.startsWith(servers.paths.postgres));
    expect(own.filter((file) => readFileSync(file).includes(password))).toEqual([]);
  });

  it('stores what was said as it was said, and every table is still there', async () => {
    const { rows } = await servers.pool.query<Record<string, number>>(
      `select (select count(*) from answers where position($1 in text) > 0)::int as answers,
              (select count(*) from games where position($1 in text) > 0)::int as games,
              (select count(*) from prompts where position($1 in messages::text) > 0)::int as prompts,
              (select count(*) from players where name = any($2))::int as players`,
      [STORED, Object.values(NAMES)],
    );
    expect(rows[0]).toMatchObject({ players: 3 });
    for (const subject of ['answers', 'games']) expect(rows[0]?.[subject]).toBeGreaterThan(0);
    const prompts = await servers.pool.query<{ content: string }>(
      `select messages -> 0 ->> 'content' as content from prompts`,
    );
    expect(prompts.rows.filter(({ content }) => content.includes('drop table games')).length).toBeGreaterThan(0);
  });

  it('runs nothing in a shell and writes nothing outside its folders', async () => {
    const made = [repositoryRoot(), process.cwd(), home, join(home, '..')].map((folder) => join(folder, 'PWNED'));
    expect(made.filter(existsSync)).toEqual([]);
    expect(filesBelow(home).filter((file) => file.endsWith('PWNED'))).toEqual([]);
    const { artifacts } = servers.paths;
    const { rows } = await servers.pool.query<{ path: string }>(
      `select path from datasets union all select path from checkpoints where stage <> 'start'`,
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const { path } of rows)
      expect([path, path.startsWith(`${artifacts}/`), path.split('/').includes('..')]).toEqual([path, true, false]);
    for (const { path } of rows) expect(statSync(path)).toBeDefined();
    // An id that is no folder's name is no folder's name by accident either.
    expect(shown['unnamed']).toMatch(/is no name for a folder/);
  });

  it('shows hostile texts as text: pages, Markdown, current details, the terminal', () => {
    const { document } = parseHTML(readFileSync(join(home, 'report', 'report.html'), 'utf8'));
    expect(document.querySelectorAll('script, img, iframe, object, a[href^="javascript"], [onerror]')).toHaveLength(0);
    expect(document.body.textContent).toContain('<img src=x onerror=alert(1)>');
    const markdown = readFileSync(join(home, 'report', 'report.md'), 'utf8');
    // The configuration stands as it is, in a fence that no run of backticks within it ends.
    const [fence = ''] = /^`{3,}(?=yaml$)/m.exec(markdown) ?? [];
    const [before, code, after, ...more] = markdown.split(new RegExp(`^${fence}(?:yaml)?$`, 'm'));
    expect([more, code?.includes(fence)]).toEqual([[], false]);
    expect(code).toContain('<img src=x onerror=alert(1)>');
    expect(`${before}${after}`).not.toMatch(/(?<!\\)<(img|script)|(?<!\\)\]\(javascript/);
    // Current details are one fenced block: nothing within ends it.
    expect(shown['details']?.match(/```/g)).toHaveLength(2);
    // Colours are let through; nothing else that steers a terminal is.
    for (const name of ['status', 'leaderboard', 'datasets', 'rows', 'report'])
      expect([name, (shown[name] ?? '').replaceAll('\u001b[31m', '').match(/[^\P{Cc}\n\t]/u)]).toEqual([name, null]);
  });
});

describe('with a key for payloads', () => {
  const variable = newKey();
  const keys = keysFrom({ [KEY_VARIABLE]: variable });

  it('Temporal stores nothing readable, clients with the key read all, and the UI’s endpoint opens it', async () => {
    await startWorker('encrypted-worker.log', { [KEY_VARIABLE]: variable });
    const { connection, workflow: plain } = servers.client;
    // As commands and the dashboard make theirs.
    const client = createClient(connection, 'default', { [KEY_VARIABLE]: variable });
    const { target: _target, stages: _stages, ...arena } = config();
    const handle = await client.workflow.start('arena', {
      workflowId: 'hidden',
      taskQueue: 'flywheel',
      args: [{ config: { ...arena, name: 'hidden-plan', rounds: 0 } }],
    });
    const { leaderboard } = (await handle.result()) as { leaderboard: { player: string }[] };
    expect(leaderboard.map(({ player }) => player)).toContain(NAMES.poet);
    expect((await handle.query(progressQuery)).name).toBe('hidden-plan');

    const history = await plain.getHandle('hidden').fetchHistory();
    const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish());
    for (const text of ['hidden-plan', 'drop table', 'MARKED_SECRET', 'check and freeze'])
      expect([text, bytes.includes(text)]).toEqual([text, false]);
    await expect(plain.getHandle('hidden').query(progressQuery)).rejects.toThrow(/encrypted/);

    const codec = await startCodecEndpoint({ keys, origins: loopbackOrigins(8233) });
    const first = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    const json = {
      metadata: Object.fromEntries(
        Object.entries(first?.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ),
      data: Buffer.from(first?.data ?? []).toString('base64'),
    };
    const reply = await request(`${codec.url}/decode`, {
      method: 'POST',
      headers: { origin: 'http://localhost:8233', 'x-namespace': 'default' },
      body: JSON.stringify({ payloads: [json] }),
    });
    const { payloads } = (await reply.body.json()) as { payloads: { data: string }[] };
    expect(Buffer.from(payloads[0]!.data, 'base64').toString()).toContain('"name":"hidden-plan"');
    await codec.close();
  });
});
