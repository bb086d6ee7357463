import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfiguration } from '../../../src/cli/doctor/configuration';
import { freePort } from '../../../src/embedded/ports';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { startSandbox, type Sandbox } from '../../../src/sandbox/server';
import { writeFakeBase, writePrompts } from '../../support/tiny';

/** What one thing that is missing hides of the others: nothing. */
const { FLYWHEEL_HOME, FLYWHEEL_PYTHON } = process.env;
let sandbox: Sandbox;
let folder: string;
let nobody: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  nobody = `http://127.0.0.1:${await freePort()}/v1`;
});
afterAll(() => sandbox.close());
beforeEach(() => {
  folder = temporaryFolder('doctor');
  process.env['FLYWHEEL_HOME'] = join(folder, 'home');
});
afterEach(() => {
  for (const [name, value] of Object.entries({ FLYWHEEL_HOME, FLYWHEEL_PYTHON }))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(folder, { recursive: true, force: true });
});

/** The findings by name, of those that are no endless list. */
async function found(change: object, calls = true) {
  const file = join(folder, 'run.yaml');
  const config = {
    name: 'doctored',
    rounds: 1,
    target: { base: writeFakeBase(join(folder, 'base')) },
    competitors: [{ id: 'strong', url: sandbox.url, model: 'tutor' }],
    judge: { url: sandbox.url, model: 'feature-judge' },
    evaluation: { size: 10 },
    gate: { prompts: 2 },
    prompts: { source: [writePrompts(join(folder, 'prompts.jsonl'), 60, 'train')] },
    ...change,
  };
  writeFileSync(file, JSON.stringify(config));
  return checkConfiguration(file, { calls });
}

const ofKind = (findings: Awaited<ReturnType<typeof found>>, level: string) =>
  findings.filter((one) => one.level === level).map(({ name, sentence }) => `${name}: ${sentence}`);

it('finds nothing wrong where nothing is', async () => {
  const findings = await found({});
  expect(findings.map(({ name, level }) => `${name}: ${level}`)).toEqual([
    'configuration: ok',
    'models: ok',
    'call of strong: ok',
    'call of the judge: ok',
    'prompts: ok',
  ]);
});

it('a base model that is missing hides no judge that is wrong', async () => {
  const findings = await found({
    target: { base: join(folder, 'elsewhere') },
    judge: { url: sandbox.url, model: 'no-such-judge' },
  });
  expect(ofKind(findings, 'problem')).toEqual([
    expect.stringMatching(/^models: target\.base: .*elsewhere has no configuration/),
    expect.stringMatching(/^call of the judge: .*no-such-judge/),
  ]);
  expect(ofKind(findings, 'ok')).toContainEqual(expect.stringMatching(/^call of strong: tutor answered/));
});

it('asks whoever can be asked, by the replica that answers', async () => {
  const before = sandbox.stats().calls;
  const findings = await found({
    competitors: [
      { id: 'gone', url: nobody, model: 'tutor' },
      { id: 'locked', url: sandbox.url, model: 'clerk', key: 'env:NO_SUCH_KEY_OF_THE_DOCTOR' },
      { id: 'half', url: nobody, replicas: [sandbox.url], model: 'scholar', revision: 'other' },
    ],
  });
  expect(ofKind(findings, 'warning')).toEqual([
    'call of gone: not asked, because its endpoint cannot be used: see above',
    'call of locked: not asked, because its endpoint cannot be used: see above',
  ]);
  expect(ofKind(findings, 'problem')).toEqual([
    expect.stringMatching(/^models: competitors\[0\] \(gone\): nobody answers at /),
    expect.stringMatching(/^models: .*NO_SUCH_KEY_OF_THE_DOCTOR is not set/),
  ]);
  expect(ofKind(findings, 'ok')).toContainEqual(expect.stringMatching(/^call of half: scholar answered/));
  const after = sandbox.stats().calls;
  expect([after.scholar - before.scholar, after.clerk - before.clerk]).toEqual([1, 0]);
});

it('looks at a configuration also where there is no Python', async () => {
  process.env['FLYWHEEL_PYTHON'] = join(folder, 'no-python');
  expect(ofKind(await found({}), 'problem')).toEqual([]);
});

it('asks nobody anything with --no-calls', async () => {
  const findings = await found({}, false);
  expect(findings.map(({ name }) => name)).toEqual(['configuration', 'models', 'prompts']);
});
