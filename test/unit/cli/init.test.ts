import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../src/cli/main';
import { sourceProblem } from '../../../src/cli/init/ask';
import { loadConfig } from '../../../src/config/load';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-init-'));
  [out, err] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const PLAYERS = [
  '--player',
  'id=mine,url=http://gpu1:8000/v1,model=my-7b',
  '--player',
  'id=gpt 4: "old",answers=a#b.jsonl',
];
const JUDGE = ['--judge', 'url=https://api.example.com/v1,model=big:70b,key=env:JUDGE_KEY'];

it('writes a commented leaderboard that loads, and its schema for editors', async () => {
  const file = join(folder, 'my board.yaml');
  const args = [
    'init',
    file,
    '--name',
    'board',
    '--leaderboard',
    ...PLAYERS,
    ...JUDGE,
    '--prompts',
    'a, b.jsonl',
    '--json',
  ];
  expect(await main(args)).toBe(0);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/my board\.schema\.json\n/);
  const config = await loadConfig(file);
  expect(config.target).toBeNull();
  expect(config.competitors).toMatchObject([
    { id: 'mine', model: 'my-7b' },
    { id: 'gpt 4: "old"', answers: join(folder, 'a#b.jsonl') },
  ]);
  expect(config.judge).toMatchObject({ model: 'big:70b', key: 'env:JUDGE_KEY' });
  expect(config.prompts.source).toEqual([join(folder, 'a, b.jsonl')]);
  const schema = JSON.parse(readFileSync(join(folder, 'my board.schema.json'), 'utf8')) as { properties: object };
  expect(Object.keys(schema.properties)).toContain('competitors');
  const written = JSON.parse(out) as { file: string; next: string[] };
  expect(written.file).toBe(file);
  expect(written.next).toEqual([
    `npx flywheel doctor '${file}'`,
    'npx flywheel up',
    `npx flywheel plan '${file}'`,
    `npx flywheel arena run '${file}'`,
  ]);
  expect(text).toContain("First: npx flywheel doctor 'my board.yaml'   then: npx flywheel arena run 'my board.yaml'");
});

it('writes a flywheel with two judges and a budget', async () => {
  const file = join(folder, 'support.yaml');
  const second = ['--evaluation-judge', 'url=http://gpu2:8000/v1,model=other'];
  const numbers = ['--rounds', '2', '--budget', '400'];
  expect(
    await main(['init', file, '--base', 'base', ...PLAYERS, ...JUDGE, ...second, '--prompts', 'p.jsonl', ...numbers]),
  ).toBe(0);
  const config = await loadConfig(file);
  expect(config).toMatchObject({
    name: 'support',
    rounds: 2,
    budget: { usd: 400 },
    target: { base: join(folder, 'base') },
  });
  expect(config.evaluation.judge).toMatchObject({ model: 'other' });
  // In the order in which they work: the forecast needs what `up` starts, and its worker the keys.
  const next = [...out.matchAll(/^ {2}npx flywheel (\w+)( \S+)? +# (.+)$/gm)];
  expect(next.map(([, command, named]) => [command, named])).toEqual([
    ['doctor', ` ${file}`],
    ['up', undefined],
    ['plan', ` ${file}`],
    ['run', ` ${file}`],
  ]);
  expect(next[1]?.[3]).toMatch(/; it needs JUDGE_KEY$/);
});

it('takes a pool for a file of prompts', async () => {
  const file = join(folder, 'pooled.yaml');
  expect(await main(['init', file, '--leaderboard', ...PLAYERS, ...JUDGE, '--prompts', 'pool:chats'])).toBe(0);
  expect((await loadConfig(file)).prompts.source).toEqual(['pool:chats']);
  expect([sourceProblem('pool:chats'), sourceProblem(file)]).toEqual([undefined, undefined]);
  expect(sourceProblem(join(folder, 'chats'))).toMatch(/^There is no .*chats here\.$/);
});

it('replaces nothing unasked, and asks nobody where there is no terminal', async () => {
  const file = join(folder, 'flywheel.yaml');
  expect(await main(['init', file])).toBe(2);
  expect(err).toMatch(/not given: --base FOLDER, or --leaderboard, --player, --judge, --prompts/);
  writeFileSync(file, 'mine');
  expect(await main(['init', file, '--leaderboard', ...PLAYERS, ...JUDGE, '--prompts', 'p.jsonl'])).toBe(2);
  expect(err).toMatch(/is there already.*--force/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

it.each([
  [['--player', 'gpt-4'], /not NAME=VALUE/],
  [['--player', 'id=x,url=http://a/v1'], /model=NAME/],
  [['--judge', 'url=http://a/v1,model=m,port=1'], /no "port" here/],
  [
    [...PLAYERS, ...JUDGE, '--judge', 'url=gpu1,model=m', '--leaderboard', '--prompts', 'p'],
    /judge\.url: must be an http/,
  ],
])('refuses %j with a sentence', async (args, sentence) => {
  const file = join(folder, 'flywheel.yaml');
  expect(await main(['init', file, ...args])).toBe(2);
  expect(err).toMatch(sentence);
  expect(existsSync(file)).toBe(false);
});
