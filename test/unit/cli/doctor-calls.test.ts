import { parseConfig } from '../../../src/config/load';
import { checkCalls } from '../../../src/cli/doctor/calls';
import { createModelPool } from '../../../src/models/pool';
import { startSandbox, type Sandbox } from '../../../src/sandbox/server';

/** Real calls to the scripted models. */
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const check = (judge: string, player = 'tutor') =>
  checkCalls(
    parseConfig({
      competitors: [
        { id: 'one', url: sandbox.url, model: player },
        { id: 'recorded', answers: 'answers.jsonl' },
      ],
      judge: { url: sandbox.url, model: judge },
      prompts: { source: ['prompts.jsonl'] },
    }),
    createModelPool(() => Promise.reject(new Error('not asked for'))),
  );

it('asks each player once and lets each judge decide a battle', async () => {
  const before = sandbox.stats().calls;
  const findings = await check('feature-judge');
  expect(findings).toMatchObject([
    { name: 'call of one', level: 'ok', sentence: expect.stringMatching(/^tutor answered in [\d.]+ s/) as string },
    { name: 'call of the judge', level: 'ok', sentence: expect.stringMatching(/decided a battle/) as string },
  ]);
  const after = sandbox.stats().calls;
  expect(after.tutor - (before.tutor ?? 0)).toBe(1);
  expect(after['feature-judge'] - (before['feature-judge'] ?? 0)).toBe(1);
});

it('warns of a judge whose text holds no verdict, and names a model that is not there', async () => {
  const [player, judge] = await check('echo', 'nobody');
  expect(player).toMatchObject({ level: 'problem', sentence: expect.stringMatching(/nobody/) as string });
  expect(judge).toMatchObject({
    level: 'warning',
    sentence: expect.stringMatching(/no verdict can be read/) as string,
  });
});
