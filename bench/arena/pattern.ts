import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../../src/embedded/paths';
import { templateOf } from '../../src/judge/templates';
import type { Row } from '../bench';
import { peersPython } from '../peers-environment';
import { writeMaterial, type Material } from './material';
import { startEndpoint, type EndpointShape, type Part } from './stand';

const THREADS = 64;
const PACKAGES = ['openai==2.54.0'];
const CASES: readonly (EndpointShape & { name: string; prompts: number; goal: number | null })[] = [
  { name: '5 ms', latencyMs: 5, slots: null, prompts: 5000, goal: 3 },
  { name: '200 ms, 64 slots', latencyMs: 200, slots: THREADS, prompts: 1500, goal: null },
];

interface Seen {
  calls: number;
  gamesPerSecond: number;
}

/** The pattern of Arena-Hard's gen_judgment.py beside ours: the same two players, prompts, words and number of calls in flight. */
export async function patternRows({ stand, short, say }: Part): Promise<Row[]> {
  const peers = await peersPython('arena-hard', PACKAGES);
  if ('reason' in peers)
    return [
      { name: 'the pattern of gen_judgment.py', goal: '≥ 3', figure: 0, unit: '×', ok: null, note: peers.reason },
    ];
  const rows: Row[] = [];
  for (const [index, { name, prompts: whole, goal, ...endpoint }] of CASES.entries()) {
    const prompts = short ? 100 : whole;
    const games = 2 * prompts;
    const folder = join(stand.folder, `pattern-${index}`);
    const material = await writeMaterial(folder, { prompts, players: 2 });
    const questions = join(folder, 'questions.jsonl');
    await writeQuestions(questions, material);
    const theirs = async (killAt: number | null) => {
      say(`the pattern of gen_judgment.py: ${games} games at ${name}${killAt === null ? '' : ', killed on the way'}`);
      return runPattern(peers.python, folder, questions, endpoint, killAt);
    };
    const ours = async (killAt: number | null): Promise<Seen & { unstored: number }> => {
      say(`arena: ${games} games at ${name}${killAt === null ? '' : ', killed on the way'}`);
      const played = await stand.play({
        ...{
          name: `pattern-${index}-${killAt === null ? 'whole' : 'killed'}`,
          material,
          endpoint,
          concurrency: THREADS,
        },
        ...(killAt === null ? {} : { killAt }),
      });
      return {
        ...{ calls: played.calls, gamesPerSecond: games / played.callingSeconds },
        unstored: played.unstoredAtKill ?? 0,
      };
    };
    const [them, us] = [await theirs(null), await ours(null)];
    const figure = us.gamesPerSecond / them.gamesPerSecond;
    rows.push({
      name: `beside the pattern of gen_judgment.py, ${games} games at ${name}`,
      goal: goal === null ? 'stated' : `≥ ${goal}`,
      figure,
      unit: '× its games per second',
      ok: short || goal === null ? null : figure >= goal,
      note: `${us.gamesPerSecond.toFixed(0)} and ${them.gamesPerSecond.toFixed(0)} games/s from the first call to the last reply, ${THREADS} calls in flight at most`,
    });
    if (goal !== null) continue;
    const killAt = Math.round(games * 0.4);
    const [theirCrash, ourCrash] = [await theirs(killAt), await ours(killAt)];
    rows.push({
      name: 'what a crash (SIGKILL) costs: calls made twice',
      goal: 'only calls that were sent and not stored',
      figure: ourCrash.calls - games,
      unit: 'calls',
      ok: ourCrash.calls - games <= ourCrash.unstored,
      note: `${ourCrash.unstored} were sent and not stored when the worker died, ${THREADS} in flight at most; ${theirCrash.calls - games} by the pattern, started again by hand on the same file`,
    });
  }
  return rows;
}

/** What the pattern reads: each question with both answers and our judge's own words. */
async function writeQuestions(file: string, { prompts, answers }: Material): Promise<void> {
  const template = templateOf('scores-v1');
  const [asked, one, two] = await Promise.all([prompts, ...answers].map(recordsOf));
  const brace = (text: string) => text.replaceAll('{', '{{').replaceAll('}', '}}');
  const lines = (asked ?? []).map(({ id, prompt }, at) => {
    const user = `[Dialogue]\nUser: ${brace(prompt ?? '')}\n[End of dialogue]\n\n[Answer A]\n{a}\n[End of answer A]\n\n[Answer B]\n{b}\n[End of answer B]\n\n${brace(template.ask)}`;
    return JSON.stringify({ id, system: template.system, user, a: one?.[at]?.['answer'], b: two?.[at]?.['answer'] });
  });
  await writeFile(file, `${lines.join('\n')}\n`);
}

async function recordsOf(file: string): Promise<Record<string, string>[]> {
  const records: Record<string, string>[] = [];
  for await (const line of createInterface({ input: createReadStream(file) }))
    records.push(JSON.parse(line) as Record<string, string>);
  return records;
}

async function runPattern(
  python: string,
  folder: string,
  questions: string,
  shape: EndpointShape,
  killAt: number | null,
): Promise<Seen> {
  const endpoint = await startEndpoint(folder, shape);
  const out = join(folder, `judgments-${killAt === null ? 'whole' : 'killed'}.jsonl`);
  const script = join(repositoryRoot(), 'bench', 'arena', 'gen_judgment_pattern.py');
  const start = () => {
    const child = spawn(python, [script, endpoint.url, questions, out, String(THREADS)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, ended };
  };
  try {
    let running = start();
    if (killAt !== null) {
      while ((await endpoint.stats()).calls < killAt) await sleep(50);
      running.child.kill('SIGKILL');
      await running.ended;
      running = start();
    }
    const code = await running.ended;
    if (code !== 0) throw new Error(`gen_judgment_pattern.py ended with exit code ${code}`);
    const { calls, answered, first, last } = await endpoint.stats();
    return { calls, gamesPerSecond: (1000 * answered) / (last - first) };
  } finally {
    await endpoint.child.stop();
  }
}
