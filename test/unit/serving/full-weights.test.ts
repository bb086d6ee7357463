import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../../../src/config/schema';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { isListening } from '../../../src/embedded/ports';
import { fullWeightServing } from '../../../src/serving/full-weights';
import type { Servable, Served, VllmConfig } from '../../../src/serving/serving';
import { until } from '../../support/until';

/**
 * Answers as a vLLM of whole weights does beside chat: `SERVER DELAY PATH NAME PORT [ROOT]`. It notes in its folder that it has started, and that it is
 * ending, DELAY ms before it does; while there is a file `sick` it lives and is not healthy.
 */
const SERVER = `
const { appendFileSync, existsSync } = require('node:fs');
const [delay, path, name, port, root = path] = process.argv.slice(1);
appendFileSync(path + '/starts', port + '\\n');
require('node:http')
  .createServer((request, response) => {
    response.statusCode = existsSync(path + '/sick') ? 503 : 200;
    response.end(JSON.stringify({ data: [{ id: name, root, parent: null }] }));
  })
  .listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => {
  appendFileSync(path + '/ending', '');
  setTimeout(() => process.exit(0), Number(delay));
});
`;

let folder: string;
let serving: ReturnType<typeof fullWeightServing>;

beforeEach(() => {
  folder = temporaryFolder('full-weights');
  serving = fullWeightServing({ folder: join(folder, 'logs') });
});
afterEach(async () => {
  await serving.close();
  rmSync(folder, { recursive: true, force: true });
});

function configOf(start: string[], change: object = {}): VllmConfig {
  const { target } = configSchema.parse({
    target: { base: '/models/base', serve: { kind: 'vllm', start, keep: 1, readySeconds: 20, ...change } },
    competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
    judge: { url: 'sandbox:', model: 'judge' },
    prompts: { source: ['prompts.jsonl'] },
  });
  return target?.serve as VllmConfig;
}
const scripted = (delay = 0, ...more: string[]) =>
  configOf([process.execPath, '-e', SERVER, String(delay), '{path}', '{name}', '{port}', ...more]);

function checkpoint(label: string): Servable {
  const path = join(folder, label);
  mkdirSync(path, { recursive: true });
  return { id: `run/${label}`, label, path, sha256: 'a'.repeat(64), base: '/models/base' };
}
const starts = ({ path }: Servable) => readFileSync(join(path, 'starts'), 'utf8').trim().split('\n').length;
const lives = ({ reach }: Served) => isListening(Number(new URL(reach.url).port));

it('starts one server for all who ask, and ends those beyond the newest and the kept', async () => {
  const [one, two, three] = [checkpoint('one'), checkpoint('two'), checkpoint('three')];
  const config = scripted();
  const [first, same] = await Promise.all([serving.serve(one, config), serving.serve(one, config)]);
  expect(same).toEqual(first);
  expect(first.model).toBe('run/one@aaaaaaaa');
  const second = await serving.serve(two, config);
  expect([await lives(first), await lives(second)]).toEqual([true, true]);
  const third = await serving.serve(three, config);
  expect([await lives(first), await lives(second), await lives(third)]).toEqual([false, true, true]);
  expect([one, two, three].map(starts)).toEqual([1, 1, 1]);
});

it('refuses a server of another folder: its weights would answer for every checkpoint', async () => {
  const one = checkpoint('one');
  await expect(serving.serve(one, scripted(0, '/models/fixed'))).rejects.toThrow(
    `target.serve.start: the server of one serves /models/fixed, not ${one.path}; give it {path} as its model`,
  );
  // It was ended, and the next one is started anew.
  const { reach } = await serving.serve(one, scripted());
  expect(reach.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  expect(starts(one)).toBe(2);
});

it('remembers a server that began while the one before it was ending', async () => {
  const [one, two, three] = [checkpoint('one'), checkpoint('two'), checkpoint('three')];
  const config = scripted(700);
  const before = await serving.serve(one, config);
  await serving.serve(two, config);
  const retiring = serving.serve(three, config);
  await until(() => Promise.resolve(existsSync(join(one.path, 'ending'))), Boolean);
  const [again] = await Promise.all([serving.serve(one, config), retiring]);
  expect(again.reach.url).not.toBe(before.reach.url);
  expect(await lives(before)).toBe(false);
  expect(await serving.serve(one, config)).toEqual(again);
  expect(starts(one)).toBe(2);
});

it('replaces a server that lives and does not answer, once for all who find it so', async () => {
  const one = checkpoint('one');
  const config = scripted();
  const hung = await serving.serve(one, config);
  expect(await serving.serve(one, config, true)).toEqual(hung);
  writeFileSync(join(one.path, 'sick'), '');
  // Who has no complaint is sent to it still.
  expect(await serving.serve(one, config)).toEqual(hung);
  const asked = Promise.all([serving.serve(one, config, true), serving.serve(one, config, true)]);
  await until(
    () => Promise.resolve(starts(one)),
    (count) => count === 2,
  );
  rmSync(join(one.path, 'sick'));
  const [fresh, same] = await asked;
  expect(same).toEqual(fresh);
  expect(fresh.reach.url).not.toBe(hung.reach.url);
  expect([await lives(hung), await lives(fresh), starts(one)]).toEqual([false, true, 2]);
});

it.each([
  [['vllm', 'serve', '/models/fixed', '--served-model-name', '{name}', '--port={port}'], '{path}'],
  [['vllm', 'serve', '/models/fixed'], '{path} and {name} and {port}'],
])('the command %j lacks something', (start, what) => {
  expect(() => configOf(start)).toThrow(`lacks ${what}: each checkpoint is served from its own folder`);
});
