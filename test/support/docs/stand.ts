import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repositoryRoot } from '../../../src/embedded/paths';
import { promptPool } from '../../../src/sandbox/pocket-english/pool';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { tinyConfig, trainTinyBase, writePrompts } from '../tiny';

/** What a command line did. */
export interface Outcome {
  code: number | null;
  output: string;
}

/**
 * A folder that looks like a clone of this repository in which the documents' files lie (my-run.yaml, prompts.jsonl …), and
 * Postgres, Temporal and a worker as `npx flywheel up` starts them.
 */
export interface Stand {
  folder: string;
  /** Runs a command line by the shell, in the folder, with the parts that are up; `alone` without them, in a home of its own. */
  shell(line: string, options?: { alone?: boolean; milliseconds?: number }): Promise<Outcome>;
  /**
   * Starts a command that stays, waits until it says that it is ready, and ends it by Ctrl-C: its code is 0 then, also where npx says
   * that it was interrupted. `alone` as for `shell`.
   */
  stays(line: string, options: { alone: boolean }): Promise<Outcome>;
  stop(): Promise<void>;
}

const READY = /^Ready|polls |Ctrl-C stops it/m;
const INTERRUPTED = 130;
const MINUTE = 60_000;

export async function startStand(): Promise<Stand> {
  const root = temporaryFolder('documents');
  const folder = join(root, 'clone');
  const home = join(root, 'home');
  mkdirSync(folder);
  // Everything of the repository by link, so that nothing is built or installed again; what is written stays here.
  for (const name of readdirSync(repositoryRoot()))
    if (!['.git', '.flywheel', 'examples'].includes(name))
      symlinkSync(join(repositoryRoot(), name), join(folder, name));
  cpSync(join(repositoryRoot(), 'examples'), join(folder, 'examples'), { recursive: true });
  await writeFixtures(folder, root);

  let homes = 0;
  const start = (line: string, alone: boolean): ChildProcess =>
    spawn('bash', ['-c', line], {
      cwd: folder,
      env: { ...process.env, FLYWHEEL_HOME: alone ? join(root, `home-${++homes}`) : home, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  const up = start('exec npx flywheel up --config my-run.yaml', false);
  const stop = async () => {
    await end(up);
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await ready(up);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    async shell(line, { alone = false, milliseconds = 15 * MINUTE } = {}) {
      const child = start(line, alone);
      const late = setTimeout(() => signal(child, 'SIGKILL'), milliseconds);
      const outcome = await outcomeOf(child);
      clearTimeout(late);
      return outcome;
    },
    async stays(line, { alone }) {
      const child = start(line, alone);
      const outcome = outcomeOf(child);
      const isReady = await ready(child).then(
        () => true,
        () => false,
      );
      await end(child);
      const { code, output } = await outcome;
      const interrupted = child.signalCode === 'SIGINT' || code === INTERRUPTED;
      return { code: isReady && interrupted ? 0 : code, output };
    },
    stop,
  };
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  // The whole group: npx and the shell pass a signal on in their own time.
  if (pid !== undefined) process.kill(-pid, name);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  signal(child, 'SIGINT');
  await ended;
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let output = '';
  child.stdout?.on('data', (data) => (output += String(data)));
  child.stderr?.on('data', (data) => (output += String(data)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const look = (data: unknown) => {
      output += String(data);
      if (READY.test(output)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', (code) => reject(new Error(`ended with ${code} before it was ready:\n${output}`)));
  });
}

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** The files that the documents name. */
async function writeFixtures(folder: string, root: string): Promise<void> {
  const write = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
  const base = await trainTinyBase(join(root, 'base'));
  const pool = writePrompts(join(folder, 'prompts.jsonl'), 90, 'train');
  const test = writePrompts(join(folder, 'test-prompts.jsonl'), 12, 'test');
  const config = { ...tinyConfig({ base, pool, test }), name: 'my-run' };
  write('my-run.yaml', JSON.stringify(config, null, 2));

  const texts = promptPool({ count: 60, split: 'train', seed: 9 }).map(({ text }) => text);
  const conversations = texts.map((text, index) => ({
    id: `chat-${index}`,
    conversations: [{ from: 'human', value: `${text} Please explain to me in a few words how you came to think so.` }],
  }));
  write('sharegpt.json.gz', gzipSync(JSON.stringify(conversations)));
  write(
    'mt-bench.jsonl',
    lines([{ question_id: 1, category: 'writing', turns: ['Write about a journey to the sea.'] }]),
  );
  write(
    'arena-hard.jsonl',
    lines([{ uid: 'a1', category: 'x', turns: ['Explain how a heap sort works, step by step.'] }]),
  );

  const battles = Array.from({ length: 60 }, (_, index) => ({
    question_id: index % 20,
    model_a: index % 2 === 0 ? 'big' : 'small',
    model_b: index % 2 === 0 ? 'small' : 'big',
    winner: index % 5 === 0 ? 'tie' : index % 3 === 0 ? 'model_b' : 'model_a',
  }));
  write('battles.jsonl.gz', gzipSync(lines(battles)));
  for (const name of ['votes.jsonl', 'verdicts.jsonl', 'human.jsonl', 'gpt-4_pair.jsonl']) write(name, lines(battles));
  const votes = ['question_id,model_a,model_b,winner'];
  // On prompts that the evaluation judge saw, and on those of the slices, which the data judge saw.
  for (const [split, count] of [
    ['test', 12],
    ['train', 90],
  ] as const)
    for (let index = 0; index < count; index++)
      votes.push(`${split}-${index},poet,tutor,${index % 2 ? 'model_a' : 'model_b'}`);
  write('votes.csv', `${votes.join('\n')}\n`);
  const ratings = 'model,rating,lower,upper\nbig,1100,1080,1120\nmiddle,1000,980,1020\nsmall,900,880,920\n';
  write('human.csv', ratings);
  write('ours.csv', ratings.replace('1080', '1060'));
  write('judgments.jsonl', lines([{ text: 'A is better.\nScore A: 8\nScore B: 6' }, { text: 'Both are good. [[C]]' }]));
}
