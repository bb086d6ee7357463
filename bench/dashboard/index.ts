import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startDashboard } from '../../src/dashboard/server';
import { startPostgres } from '../../src/embedded/postgres';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { openStore } from '../../src/store/open';
import type { Battles } from '../../src/dashboard/schemas/battles';
import type { Session } from '../../src/dashboard/schemas/session';
import type { Bench, Row } from '../bench';
import { median } from '../process';
import { fillLargeRun, RUN } from './fill';

const GOAL_MS = 300;
const REPEATS = 7;
const run = `/runs/${RUN}`;
const arena = encodeURIComponent(`${RUN}/I0/evaluation`);
const dataset = encodeURIComponent(`${RUN}/r1-dpo-a1/dpo`);

/** What the pages ask for, and the hardest that their filters may ask. */
const PAGES: [string, string][] = [
  ['runs', '/runs'],
  ['run', run],
  ['run: events', `${run}/events`],
  ['leaderboard', `${run}/leaderboard`],
  ['leaderboard: one category, at equal style', `${run}/leaderboard?category=coding&style=1`],
  ['battles', `${run}/battles`],
  ['battles: a page deep in', `${run}/battles?after=${encodeURIComponent(`${RUN}/I0/evaluation#150000`)}`],
  ['battles: one pair, lost by far', `${run}/battles?player=harbor&opponent=atlas&outcome=loss&margin=3`],
  [
    'battles: one pair in one category',
    `${run}/battles?arena=${arena}&player=ember&opponent=dune&category=math&outcome=tie`,
  ],
  ['battles: what failed', `${run}/battles?outcome=failed`],
  ['battles: none is so', `${run}/battles?outcome=failed&category=stem&margin=9`],
  ['battles: choices', `${run}/battle-choices`],
  ['battle', `${run}/battle?id=${encodeURIComponent(`${RUN}/r1-dpo-a1/training#3000`)}`],
  ['data: datasets', `${run}/datasets`],
  ['data: card and distributions', `/dataset?id=${dataset}`],
  ['data: rows in the middle', `/dataset/rows?id=${dataset}&from=9001`],
  ['data: a row traced', `/dataset/row?id=${dataset}&row=9001`],
  ['judges', `${run}/judges`],
  ['compare', `${run}/compare?old=atlas&new=harbor`],
  ['compare: worse only', `${run}/compare?old=atlas&new=harbor&verdict=worse`],
  ['prompts', '/pools'],
];

/**
 * The API behind each page on a database of a million games: the first answer after the start, the median of the next ones, and when a
 * page has all of it where a part is counted meanwhile. The goal is on answers; what is pending comes when it comes.
 */
export const bench: Bench = {
  name: 'dashboard',
  about:
    'how long each page of the dashboard waits for its server on a database of a million games, beside the limit of 300 ms',
  async *run({ short, say }) {
    const battles = short ? 25_000 : 500_000;
    const folder = temporaryFolder('bench-dashboard');
    const postgres = await startPostgres({ dir: join(folder, 'postgres') });
    try {
      const store = await openStore(postgres.url);
      await fillLargeRun(store.pool, { battles, artifacts: folder, say });
      await store.close();
      const dashboard = await startDashboard({
        ...{ databaseUrl: postgres.url, temporalAddress: '127.0.0.1:1', namespace: 'default', uiUrl: null },
        ...{ artifacts: folder, port: 0, env: {} },
      });
      try {
        for (const [name, path] of PAGES) yield measured(name, `${dashboard.url}/api/v1${path}`, short);
        yield besideAudit(`${dashboard.url}/api/v1`, short);
      } finally {
        await dashboard.close();
      }
    } finally {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measured(name: string, address: string, short: boolean): Promise<Row> {
  const ask = async () => {
    const start = performance.now();
    const response = await fetch(address);
    const text = await response.text();
    if (!response.ok) throw new Error(`${address}: ${response.status} ${text.slice(0, 300)}`);
    return { ms: performance.now() - start, pending: text.includes('"state":"pending"') };
  };
  const begin = performance.now();
  const first = await ask();
  let whole: number | null = null;
  for (let pending = first.pending; pending; whole = performance.now() - begin) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    ({ pending } = await ask());
  }
  const next: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) next.push((await ask()).ms);
  return {
    name,
    goal: `≤ ${GOAL_MS} ms`,
    figure: Math.max(first.ms, median(next)),
    unit: 'ms',
    ok: short ? null : Math.max(first.ms, median(next)) <= GOAL_MS,
    note: `first ${first.ms.toFixed(0)}, then ${median(next).toFixed(0)}${whole === null ? '' : `; complete after ${whole.toFixed(0)}`}`,
  };
}

/** How long a page waits while the votes of people are held beside a judge of all those games. */
async function besideAudit(api: string, short: boolean): Promise<Row> {
  const read = async <T>(path: string) => (await (await fetch(api + path)).json()) as T;
  const { battles } = await read<Pick<Battles, 'battles'>>(`${run}/battles?purpose=evaluation&outcome=win&limit=200`);
  const votes = battles.map(({ a, b, prompt }) => `${a},${b},model_a,${prompt}`);
  const { csrf } = await read<Pick<Session, 'csrf'>>('/session');
  const begin = performance.now();
  const done = { seconds: null as number | null };
  const audit = fetch(`${api}${run}/judges/evaluation/audit`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'x-csrf-token': csrf ?? '' },
    body: ['model_a,model_b,winner,prompt_id', ...votes].join('\n'),
  }).then(async (response) => {
    if (!response.ok) throw new Error(`the audit: ${response.status} ${await response.text()}`);
    done.seconds = (performance.now() - begin) / 1000;
  });
  const waits: number[] = [];
  // One that failed ends the wait as well, and is thrown below.
  audit.catch(() => (done.seconds = 0));
  while (done.seconds === null) {
    const asked = performance.now();
    await read(`${run}/battles`);
    waits.push(performance.now() - asked);
  }
  await audit;
  const longest = Math.max(...waits);
  return {
    name: 'battles, while votes are audited',
    goal: `≤ ${GOAL_MS} ms`,
    figure: longest,
    unit: 'ms',
    ok: short ? null : longest <= GOAL_MS,
    note: `the longest of ${waits.length} answers, the median ${median(waits).toFixed(0)}; the audit took ${done.seconds.toFixed(1)} s`,
  };
}
