import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKey } from '../../src/codec/keys';
import { freePort } from '../../src/embedded/ports';
import { repositoryRoot } from '../../src/embedded/paths';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { shellWord } from '../../src/shell-word';
import { endFaults, orderFaults } from '../support/faults';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/** Commands as processes of their own, with the signals that a terminal sends, beside `flywheel up` on servers that one has. */
let servers: TestServers;
let sandbox: Sandbox;
let folder: string;
let env: NodeJS.ProcessEnv;
let up: Started;
const started: ChildProcess[] = [];

/** An id that no shell takes as one word. */
const RUN = "it's mine";
const SCRIPT = join(repositoryRoot(), 'bin', 'flywheel.js');

interface Started {
  child: ChildProcess;
  /** What it has said so far. */
  said: { out: string; err: string };
  /** Its exit code. */
  ended: Promise<number | null>;
}

function begin(command: string, args: readonly string[], change: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(command, args, { cwd: folder, env: { ...env, ...change }, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += String(data)));
  child.stderr.on('data', (data) => (said.err += String(data)));
  return { child, said, ended: new Promise((resolve) => child.once('close', resolve)) };
}

const flywheel = (args: readonly string[], change?: NodeJS.ProcessEnv) =>
  begin(process.execPath, [SCRIPT, ...args], change);

/** What a command that stays has said, as soon as that holds. */
const says = (one: Started, holds: (said: Started['said']) => boolean) =>
  until(
    () => Promise.resolve({ ...one.said, over: one.child.exitCode !== null }),
    (said) => said.over || holds(said),
  );

/** The one JSON document of a command that stays. */
async function document(one: Started): Promise<Record<string, unknown>> {
  await says(one, ({ out }) => out.endsWith('\n}\n'));
  return JSON.parse(one.said.out) as Record<string, unknown>;
}

beforeAll(async () => {
  servers = await testServers('terminal');
  sandbox = await startSandbox({ latencyMs: 20 });
  folder = join(servers.paths.home, 'here');
  mkdirSync(folder);
  env = {
    ...process.env,
    FLYWHEEL_HOME: join(servers.paths.home, 'home'),
    FLYWHEEL_DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    NO_COLOR: '1',
  };
  const config = {
    name: 'board',
    // One at a time, so that a judge that is slow for a while holds the arena up.
    competitors: [sandboxPlayer('scholar', 1), sandboxPlayer('poet', 1)].map((one) => ({ ...one, url: sandbox.url })),
    judge: { ...sandboxJudge('data-judge', 1), url: sandbox.url },
    prompts: { source: [writePrompts(join(folder, 'prompts.jsonl'), 8, 'test')] },
  };
  writeFileSync(join(folder, 'board.yaml'), JSON.stringify(config));
  up = flywheel(['up', '--json']);
  await document(up);
});

afterAll(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
  await up?.ended;
  await sandbox?.close();
  await servers?.stop();
});

it('`flywheel` alone tells where the dashboard of `up` is, and it answers there', async () => {
  const { dashboard } = await document(up);
  const bare = flywheel(['--json']);
  expect(await bare.ended).toBe(0);
  expect(await document(bare)).toMatchObject({ isUp: true, dashboardUrl: dashboard, uiUrl: null, runs: [] });
  expect((await fetch(`${String(dashboard)}/api/v1/runs`)).status).toBe(200);
});

it('Ctrl-C ends the following only, says so, and how to come back', async () => {
  const { dashboard } = await document(up);
  // It is not over before the following is.
  await orderFaults(sandbox, { kind: 'slow', match: { model: 'data-judge' }, seconds: 4 });
  const following = flywheel(['arena', 'run', 'board.yaml', '--id', RUN]);
  await says(following, ({ out }) => out.includes(' · '));
  following.child.kill('SIGINT');
  expect(await following.ended).toBe(130);
  expect(following.said.out).toContain(`Dashboard: ${String(dashboard)}/runs/it's%20mine\n`);
  const [sentence, back = '', stop = ''] = /Come back to it: (.+)\. Stop it: (.+) or /.exec(following.said.err) ?? [];
  expect(following.said.err).toBe(
    `No longer following; ${RUN} goes on. ${sentence}npx flywheel cancel ${shellWord(RUN)}\n`,
  );
  expect(stop).toBe(`npx flywheel pause ${shellWord(RUN)}`);
  expect((await servers.client.workflow.getHandle(RUN).describe()).status.name).toBe('RUNNING');
  await endFaults(sandbox);

  // As it is pasted into a shell.
  const again = begin('sh', ['-c', back.replace('npx flywheel', `'${process.execPath}' '${SCRIPT}'`)]);
  expect(await again.ended).toBe(0);
  expect(again.said.out).toMatch(/^scholar +\d+ \(/m);
  expect(again.said.out).toContain(`More: npx flywheel leaderboard ${shellWord(RUN)}`);
});

it('a dashboard alone prints one JSON document, serves, and ends by Ctrl-C', async () => {
  const alone = flywheel(['dashboard', '--port', String(await freePort()), '--json']);
  const { dashboard, ...addresses } = await document(alone);
  expect(addresses).toEqual({
    temporalAddress: servers.temporalAddress,
    namespace: 'default',
    database: expect.not.stringContaining(new URL(servers.databaseUrl).password) as string,
  });
  expect((await fetch(`${String(dashboard)}/api/v1/runs`)).status).toBe(200);
  alone.child.kill('SIGINT');
  expect(await alone.ended).toBe(0);
  expect(JSON.parse(alone.said.out)).toHaveProperty('dashboard', dashboard);
});

it('the codec alone prints one JSON document, and ends by Ctrl-C', async () => {
  const port = await freePort();
  const args = ['codec', '--json', '--port', String(port), '--origin', 'https://ui.example.com/namespaces'];
  const codec = flywheel(args, { FLYWHEEL_PAYLOAD_KEY: newKey() });
  expect(await document(codec)).toEqual({ url: `http://127.0.0.1:${port}`, origins: ['https://ui.example.com'] });
  codec.child.kill('SIGINT');
  expect(await codec.ended).toBe(0);
  expect(JSON.parse(codec.said.out)).toBeTruthy();
});

it('bash completes commands by the script that `complete` prints', async () => {
  // What bash-completion gives, and what is typed: `flywheel lead`.
  const shell = `
    flywheel() { '${process.execPath}' '${SCRIPT}' "$@"; }
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${words[cword]}"; prev=flywheel; }
    source <(flywheel complete bash)
    COMP_WORDS=(flywheel lead); COMP_CWORD=1
    __flywheel_complete
    echo "\${COMPREPLY[@]}"`;
  const completing = begin('bash', ['-c', shell]);
  expect(await completing.ended).toBe(0);
  expect(completing.said.out).toBe('leaderboard\n');
});

it('an `up` that has ended is told of no more', async () => {
  up.child.kill('SIGINT');
  expect(await up.ended).toBe(0);
  const bare = flywheel(['--json']);
  expect(await bare.ended).toBe(0);
  expect(await document(bare)).toMatchObject({ isUp: true, dashboardUrl: null, runs: [{ run: RUN, status: 'done' }] });
});
