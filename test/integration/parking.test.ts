import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendSignal } from '../../src/embedded/process';
import { exists, readJson } from '../../src/files';
import { attention, operatedRuns, send, when, type OperatedRuns } from '../support/operated';
import { scriptedPython } from '../support/scripted';
import { until } from '../support/until';

/** What no retry mends parks the run with the reason and what to do. Endpoints and money are in control.test.ts. */
let runs: OperatedRuns;
/** While this file is there every trainer that starts crashes. */
let broken: string;

jest.setTimeout(240_000);

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

/** The steps that a job took, in their order. */
async function stepsOf(folder: string): Promise<number[]> {
  const file = join(folder, 'progress.jsonl');
  if (!(await exists(file))) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { step: number }).step);
}

it('a trainer that crashes three times; decide retry goes on from its last checkpoint', async () => {
  const handle = await runs.start('crashing', { rounds: 1 });
  const folder = join(runs.servers.paths.artifacts, 'crashing', 'r1-sft-a1');
  const starts = async () => (await readJson<{ number: number }>(join(folder, 'start.json')))?.number;
  await until(
    () => stepsOf(folder),
    (steps) => steps.length >= 8,
  );
  writeFileSync(broken, '');
  const lock = await readJson<{ pid: number }>(join(folder, 'lock.json'));
  expect(sendSignal(lock?.pid ?? 0, 'SIGKILL')).toBe(true);

  const { lastProblem, nextAction } = await when(handle, attention);
  expect(lastProblem).toMatch(/^train sft from I0: The trainer failed 3 times\. .*Segmentation fault/);
  expect(lastProblem).toMatch(/Mend that, then send decide retry: it goes on from its last checkpoint\.$/);
  expect(nextAction).toBe('send decide {"action": "retry" | "stop"}');
  // The first one got somewhere, so that its crash does not count.
  expect(await starts()).toBe(4);
  const before = await stepsOf(folder);

  // Nothing is mended yet: it parks again, and takes no step.
  expect(await send(handle, 'decide', { action: 'retry' })).toBe('Decided: retry.');
  await until(
    () => runs.actions('crashing'),
    (noted) => noted.filter(({ kind }) => kind === 'attention').length === 2,
  );
  expect(await stepsOf(folder)).toEqual(before);
  expect(await starts()).toBe(7);

  rmSync(broken);
  await when(handle, attention);
  expect(await send(handle, 'decide', { action: 'retry', reason: 'a new driver' })).toBe('Decided: retry.');
  expect(await handle.result()).toMatchObject({ rounds: 1 });
  const after = (await stepsOf(folder)).slice(before.length);
  const [first = 0] = after;
  expect(first).toBeGreaterThan(1);
  expect(first).toBeLessThanOrEqual((before.at(-1) ?? 0) + 1);
  expect(after).toEqual(Array.from({ length: 20 - first + 1 }, (_, index) => first + index));
});
