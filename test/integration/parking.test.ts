import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stepsIn } from '../../chaos/job';
import { sendSignal } from '../../src/embedded/process';
import { readJson } from '../../src/files';
import { spendOf } from '../../src/store/ledger';
import { attention, dear, operatedRuns, refusal, send, when, type OperatedRuns } from '../support/operated';
import { scriptedPython } from '../support/scripted';
import { until } from '../support/until';

/** What no retry mends parks the run with the reason and what to do. */
let runs: OperatedRuns;
/** While this file is there every trainer that starts crashes. */
let broken: string;

beforeAll(async () => {
  runs = await operatedRuns('parking', {
    python(folder) {
      broken = join(folder, 'broken');
      const file = join(folder, 'python-that-breaks');
      const crash = `if [ -e '${broken}' ]; then echo 'Segmentation fault' >&2; exit 139; fi`;
      writeFileSync(file, `#!/bin/sh\n${crash}\nexec '${scriptedPython(folder)}' "$@"\n`, { mode: 0o755 });
      return file;
    },
  });
});

afterAll(() => runs?.stop());

it('a trainer that crashes three times; decide retry goes on from its last checkpoint', async () => {
  const folder = join(runs.servers.paths.artifacts, 'crashing', 'r1-sft-a1');
  const starts = async () => (await readJson<{ number: number }>(join(folder, 'start.json')))?.number;
  const handle = await runs.holdingTraining(async () => {
    const started = await runs.start('crashing', { rounds: 1 });
    await until(
      () => stepsIn(folder),
      (steps) => steps.length >= 8,
    );
    writeFileSync(broken, '');
    const lock = await readJson<{ pid: number }>(join(folder, 'lock.json'));
    expect(sendSignal(lock?.pid ?? 0, 'SIGKILL')).toBe(true);
    return started;
  });

  const { lastProblem, nextAction } = await when(handle, attention);
  expect(lastProblem).toMatch(/^train sft from I0: The trainer failed 3 times\. .*Segmentation fault/);
  expect(lastProblem).toMatch(/Mend that, then send decide retry: it goes on from its last checkpoint\.$/);
  expect(nextAction).toBe('send decide {"action": "retry" | "stop"}');
  // The first one got somewhere, so that its crash does not count.
  expect(await starts()).toBe(4);
  const before = await stepsIn(folder);

  // Nothing is mended yet: it parks again, and takes no step.
  expect(await send(handle, 'decide', { action: 'retry' })).toBe('Decided: retry.');
  await until(
    () => runs.actions('crashing'),
    (noted) => noted.filter(({ kind }) => kind === 'attention').length === 2,
  );
  expect(await stepsIn(folder)).toEqual(before);
  expect(await starts()).toBe(7);

  rmSync(broken);
  await when(handle, attention);
  expect(await send(handle, 'decide', { action: 'retry', reason: 'a new driver' })).toBe('Decided: retry.');
  expect(await handle.result()).toMatchObject({ rounds: 1 });
  const after = (await stepsIn(folder)).slice(before.length);
  const [first = 0] = after;
  expect(first).toBeGreaterThan(1);
  expect(first).toBeLessThanOrEqual((before.at(-1) ?? 0) + 1);
  expect(after).toEqual(Array.from({ length: 20 - first + 1 }, (_, index) => first + index));
});

it('a run at its cap, with no more calls than were in flight, until setBudget raises it', async () => {
  const run = 'capped';
  const handle = await runs.start(run, {
    config: { ...runs.config, rounds: 1, judge: dear(runs.config.judge), budget: { usd: 20 } },
  });
  const { lastProblem, nextAction, spend } = await when(handle, attention);
  expect(lastProblem).toMatch(/\$2\d\.\d\d of \$20\.00 are spent/);
  expect(nextAction).toMatch(/^send setBudget \{"usd": \d+\}/);
  // 8 judge calls in flight at most, of less than half a dollar each.
  const { usd } = await spendOf(runs.servers.pool, run);
  expect(usd).toBeGreaterThanOrEqual(20);
  expect(usd).toBeLessThan(20 + 8 * 0.5);
  expect(spend.usd).toBeLessThanOrEqual(usd);
  expect(await refusal(handle, 'setBudget', { usd: 15 })).toMatch(/are spent already: give more/);
  expect(await send(handle, 'decide', { action: 'retry' })).toBe('Decided: retry.');
  await until(
    () => runs.actions(run),
    (noted) => noted.filter(({ kind }) => kind === 'attention').length === 2,
  );
  expect((await spendOf(runs.servers.pool, run)).usd).toBe(usd);
  await when(handle, attention);
  expect(await send(handle, 'setBudget', { usd: null, reason: 'approved' })).toBe(
    'The run has no cap now. The run goes on.',
  );
  expect(await handle.result()).toMatchObject({ rounds: 1 });
  const { rows } = await runs.servers.pool.query<{ n: number }>(
    `select count(*)::int as n from battles join arenas on arenas.id = arena where run = $1 and outcome = 'failed'`,
    [run],
  );
  expect(rows[0]?.n).toBe(0);
});

it('a run at once where an endpoint refuses its key, and early where it is down', async () => {
  const run = 'down';
  await runs.fault('404', { model: 'data-judge' });
  const before = runs.sandbox.stats().calls['data-judge'];
  const handle = await runs.start(run, {
    config: { ...runs.config, rounds: 1, judge: { ...runs.config.judge, revision: 'down', retries: 0 } },
  });
  expect((await when(handle, attention)).lastProblem).toContain('The endpoint has no such model or path');
  // Of 192 games: each of the two batches learns it by eight calls in flight at most, and asks no more.
  expect(runs.sandbox.stats().calls['data-judge'] - before).toBeLessThanOrEqual(2 * 8);
  await runs.noFaults();
  await runs.fault('503', { model: 'data-judge' });
  await send(handle, 'decide', { action: 'retry' });
  const { lastProblem } = await when(
    handle,
    (now) => attention(now) && now.lastProblem?.includes('overloaded') === true,
  );
  expect(lastProblem).toMatch(/of 96 battles failed .* arena\.maxFailedShare allows 5\.0%/);
  await runs.noFaults();
  await send(handle, 'decide', { action: 'retry' });
  expect(await handle.result()).toMatchObject({ rounds: 1 });
});
