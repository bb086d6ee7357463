import { execFileSync } from 'node:child_process';
import { continueHint } from '../../../src/operating/continue-hint';
import { emptyPool } from '../../../src/prompts/empty-pool';
import { shellWord } from '../../../src/shell-word';

/** Names of runs, pools and files are free text: what is suggested must still mean them when it is pasted. */
const NAMES = ['my-run', "it's mine", 'a; echo b', '$HOME `id`', 'r1"#*?', '~', 'zwölf\tTöne'];

/** The words that a shell makes of a command line. */
const wordsOf = (line: string) =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

it('a word comes out of the shell as it went in', () => {
  expect(wordsOf(NAMES.map(shellWord).join(' '))).toEqual(NAMES);
  expect(wordsOf(shellWord(''))).toEqual(['']);
});

it('is quoted only where it must be', () => {
  expect(['my-run', 'examples/arena/arena.yaml', 'http://gpu1:8000/v1'].map(shellWord)).toEqual([
    'my-run',
    'examples/arena/arena.yaml',
    'http://gpu1:8000/v1',
  ]);
});

it.each(NAMES)('the commands that name %j name it whole', (name) => {
  const [flywheel] = continueHint(name).split(' (an arena');
  expect(wordsOf(flywheel ?? '')).toEqual(['npx', 'flywheel', 'run', 'CONFIG', '--id', name]);
  const [, hint = ''] = emptyPool(name).message.split('Import some: ');
  expect(wordsOf(hint)).toEqual(['npx', 'flywheel', 'prompts', 'import', 'FILE', '--pool', name]);
});
