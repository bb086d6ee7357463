import { join } from 'node:path';
import { main } from '../../src/cli/main';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { startWorker, type RunningWorker } from '../../src/worker';
import type { RatedPlayer } from '../../workflows/types';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';

/** An arena that a jury judges: real Temporal, real Postgres, scripted players and judges. */
let servers: TestServers;
let sandbox: Sandbox;
let worker: RunningWorker;

const PROMPTS = 10;

beforeAll(async () => {
  servers = await testServers('jury');
  sandbox = await startSandbox();
  worker = await startWorker({ ...servers, sandbox: sandbox.url });
  process.env['FLYWHEEL_DATABASE_URL'] = servers.databaseUrl;
});

afterAll(async () => {
  delete process.env['FLYWHEEL_DATABASE_URL'];
  await worker?.stop();
  await sandbox?.close();
  await servers?.stop();
});

/** The JSON document that a command prints. */
async function printed(...argv: string[]): Promise<unknown> {
  const chunks: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
  try {
    expect(await main([...argv, '--json'])).toBe(0);
  } finally {
    write.mockRestore();
  }
  return JSON.parse(chunks.join(''));
}

test('a jury of three forms rates, is paid once per member, agrees as reported, and reads again as it read', async () => {
  const config = {
    name: 'jury',
    competitors: [sandboxPlayer('scholar'), sandboxPlayer('poet')],
    judge: {
      ...sandboxJudge('data-judge'),
      jury: {
        rule: 'majority',
        with: [
          { ...sandboxJudge('evaluation-judge'), template: 'json-v1' },
          { ...sandboxJudge('feature-judge'), template: 'arena-hard-v1' },
        ],
      },
    },
    prompts: { source: [writePrompts(join(servers.paths.home, 'prompts.jsonl'), PROMPTS, 'test')] },
  };
  const handle = await servers.client.workflow.start('arena', {
    workflowId: 'jury',
    taskQueue: 'flywheel',
    args: [{ config }],
  });
  const { leaderboard } = (await handle.result()) as { leaderboard: RatedPlayer[] };
  expect(leaderboard.map(({ player }) => player).sort((a, b) => a.localeCompare(b))).toEqual(['poet', 'scholar']);

  const { rows } = await servers.pool.query<{ name: string; games: number; tokens: number }>(
    `select name, count(*)::int as games, sum(completion_tokens)::int as tokens
       from games join judges on judges.id = judge group by name order by name`,
  );
  const jury = 'data-judge + evaluation-judge + feature-judge (majority)';
  expect(rows.map(({ name, games }) => [name, games])).toEqual(
    ['data-judge', jury, 'evaluation-judge', 'feature-judge'].map((name) => [name, 2 * PROMPTS]),
  );
  expect(rows.map(({ name, tokens }) => [name, tokens > 0])).toContainEqual([jury, false]);

  expect(await printed('judge', 'jury', 'jury')).toMatchObject({
    run: 'jury',
    juries: [
      {
        jury,
        units: 2 * PROMPTS,
        pairwise: expect.any(Number),
        pairs: [{ a: 'data-judge' }, {}, { b: 'feature-judge' }],
      },
    ],
  });
  expect(await printed('judge', 'reparse', 'jury')).toEqual({
    ...{ run: 'jury', dryRun: false, battles: PROMPTS },
    ...{ games: [], outcomes: [], runs: [] },
  });
});
