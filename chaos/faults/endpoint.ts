import { readFileSync } from 'node:fs';
import type { Message } from '../../src/prompts/prompt';
import type { FaultKind } from '../../src/sandbox/options';
import type { TrainingRow } from '../../src/selection/rows';
import type { Fault } from '../fault';
import { judging, until } from '../moments';
import type { Stand } from '../stand';

/** Of all calls. */
const SHARE = 0.1;
/** Calls: too few to park a run. */
const FAILED = 2;
const SLOW_SECONDS = 1;

const isCounted = async (stand: Stand, kind: FaultKind): Promise<string[]> => {
  const { rows } = await stand.pool.query<{ n: number }>(
    'select count(*)::int as n from ledger where error is not null',
  );
  const [given, counted] = [(await stand.stats()).faults[kind] ?? 0, rows[0]?.n ?? 0];
  return given === counted ? [] : [`${given} faults given, ${counted} failed attempts in the ledger`];
};

/** A share of all calls meets the fault: they are asked again, and none of it becomes data. */
const passing = (kind: FaultKind, share = SHARE): Fault => ({
  name: `endpoint: ${kind}`,
  goal: 'asked again, each attempt in the ledger; never data',
  countsCalls: false,
  async give(stand) {
    await stand.fault(kind, { share });
    await until(`five times ${kind}`, async () => ((await stand.stats()).faults[kind] ?? 0) >= 5);
  },
  check: (stand) => isCounted(stand, kind),
});

/** The endpoint refuses everything: the run parks at once with the reason, and `decide retry` goes on. */
const parking = (kind: FaultKind): Fault => ({
  name: `endpoint: ${kind}`,
  goal: 'parks at once; goes on with decide retry',
  countsCalls: false,
  async give(stand) {
    await judging('sft', 'training')(stand);
    await stand.fault(kind);
    await until(
      `the run parked by ${kind}`,
      async () => {
        const { status, lastProblem } = await stand.progress();
        return status === 'needs attention' && lastProblem?.includes(kind) === true;
      },
      60,
    );
    await stand.noFaults();
    await stand.run().executeUpdate('decide', { args: [{ action: 'retry' }] });
  },
});

/** The judge's endpoint refuses two items for what they are: they fail alone, by name, and are asked once. */
const itemOnly = (kind: FaultKind, problem: RegExp): Fault => ({
  name: `endpoint: ${kind}`,
  goal: 'fails that item only, by name, never data',
  countsCalls: false,
  isUndone: false,
  async give(stand) {
    await judging('sft', 'training')(stand);
    await stand.fault(kind, { model: 'data-judge', times: FAILED });
  },
  async check(stand) {
    const { rows } = await stand.pool.query<{ battle: string; problem: string }>(
      `select arena || '#' || position as battle, problem from battles where outcome = 'failed'`,
    );
    const wrong = await isCounted(stand, kind);
    // Both calls may be of one battle's two games.
    if (rows.length < 1 || rows.length > FAILED)
      wrong.push(`${rows.length} battles failed, for ${FAILED} refused calls`);
    for (const row of rows) if (!problem.test(row.problem)) wrong.push(`${row.battle} failed with "${row.problem}"`);
    const used = (await trainingRows(stand)).flatMap(({ meta }) => meta.battles);
    for (const { battle } of rows) if (used.includes(battle)) wrong.push(`${battle} is data`);
    return wrong;
  },
});

/** Some answers of a player are empty, as a model's may be: the run goes on, and no training row holds them. */
const empty: Fault = {
  name: 'endpoint: empty answers',
  goal: 'never data',
  countsCalls: false,
  isUndone: false,
  async give(stand) {
    await stand.fault('empty', { model: 'coder', times: FAILED });
    await until('empty answers', async () => (await stand.stats()).faults['empty'] === FAILED);
  },
  async check(stand) {
    const texts = (await trainingRows(stand)).flatMap(({ meta: _meta, prompt: _prompt, ...sides }) =>
      Object.values(sides).flatMap((messages: Message[]) => messages.map(({ content }) => content)),
    );
    const count = texts.filter((text) => text === '').length;
    return count === 0 ? [] : [`${count} training texts are empty`];
  },
};

async function trainingRows({ pool }: Stand): Promise<TrainingRow[]> {
  const { rows } = await pool.query<{ path: string }>('select path from datasets');
  return rows.flatMap(({ path }) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainingRow),
  );
}

const PASSING: readonly FaultKind[] = [
  '429',
  '429-no-retry-after',
  '500',
  '503',
  'reset',
  'cut',
  'bad-json',
  'wrong-model',
];

export const endpointFaults: Fault[] = [
  ...PASSING.map((kind) => passing(kind)),
  // Each one costs the whole of a call's time.
  passing('timeout', SHARE / 5),
  // Of 5 MB.
  passing('huge', SHARE / 5),
  {
    name: 'endpoint: slow',
    goal: 'waited for, no call made twice',
    async give(stand) {
      await stand.fault('slow', { share: SHARE, seconds: SLOW_SECONDS });
    },
  },
  ...(['401', '404'] as const).map(parking),
  itemOnly('context-length', /context/),
  itemOnly('content-filter', /content filter/),
  itemOnly('413', /size/),
  empty,
];
