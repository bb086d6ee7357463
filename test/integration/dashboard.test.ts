import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from '@hono/zod-openapi';
import { parseConfig } from '../../src/config/load';
import { battleChoicesSchema, battleSchema, battlesSchema } from '../../src/dashboard/schemas/battles';
import { compareSchema } from '../../src/dashboard/schemas/compare';
import {
  dataRowsSchema,
  datasetDetailSchema,
  datasetsSchema,
  droppedSchema,
  poolsSchema,
  rowTraceSchema,
} from '../../src/dashboard/schemas/data';
import { auditSchema, judgesSchema } from '../../src/dashboard/schemas/judges';
import { leaderboardSchema } from '../../src/dashboard/schemas/leaderboard';
import { curvesSchema, eventsSchema, runSchema, runsSchema } from '../../src/dashboard/schemas/runs';
import { sha256 } from '../../src/identity';
import { checkpointPlayer } from '../../src/models/roster';
import { decontaminatePool } from '../../src/prompts/decontaminate/decontaminate-pool';
import { lexicalEmbedder } from '../../src/prompts/embed/lexical';
import { importIntoPool } from '../../src/prompts/import/import-pool';
import { dropDuplicates } from '../../src/prompts/near-duplicates/drop-duplicates';
import { NEAR_DUPLICATE_DEFAULTS } from '../../src/prompts/near-duplicates/settings';
import { said } from '../../src/selection/rows';
import { saveCheckpoint, saveDataset } from '../../src/store/artifacts';
import { savePlayer } from '../../src/store/players';
import { saveRun, saveState } from '../../src/store/runs';
import { freshState } from '../../workflows/steps';
import type { FlywheelState } from '../../workflows/types';
import { servedDashboard, type ServedDashboard } from '../support/dashboard/served';
import type { OperatedRuns } from '../support/operated';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/** The API over a real arena: real Temporal, real Postgres, scripted players and judges. */
let served: ServedDashboard;
let servers: OperatedRuns['servers'];

const RUN = 'a board/with #signs';
const PROMPTS = 20;
const RUN_PATH = `/runs/${encodeURIComponent(RUN)}`;
const DATASET = `${RUN}/r1-dpo-a1/dpo`;

beforeAll(async () => {
  served = await servedDashboard('dashboard');
  ({ servers } = served.runs);
  await served.play(RUN, {
    name: 'board',
    competitors: (['scholar', 'tutor', 'echo'] as const).map((name) => sandboxPlayer(name)),
    judge: sandboxJudge('data-judge'),
    prompts: { source: [writePrompts(join(servers.paths.home, 'prompts.jsonl'), PROMPTS, 'test')] },
    evaluation: { judge: sandboxJudge('evaluation-judge'), dataJudge: true, bootstrapRounds: 100 },
    arena: { batch: 12, window: 2 },
  });
});

afterAll(() => served?.stop());

const at: ServedDashboard['at'] = (path) => served.at(path);
const get: ServedDashboard['get'] = (path, schema) => served.get(path, schema);
const post: ServedDashboard['post'] = (...given) => served.post(...given);
const standing: ServedDashboard['standing'] = (...given) => served.standing(...given);

describe('a finished arena', () => {
  it('stands in the list, and tells all of itself', async () => {
    const { runs } = await get('/runs', runsSchema);
    expect(runs).toMatchObject([{ run: RUN, kind: 'arena', status: 'done', model: null, attention: null }]);
    const run = await get(RUN_PATH, runSchema);
    expect(run).toMatchObject({
      plan: [{ label: 'arena', state: 'finished' }],
      judges: { evaluation: 'evaluation-judge', data: 'data-judge', heldOut: true },
      temporalUi: `http://127.0.0.1:8233/namespaces/default/workflows/${encodeURIComponent(RUN)}`,
      actions: [],
    });
    expect(run.ratings[0]?.models.map(({ model }) => model)).toEqual(['scholar', 'tutor', 'echo']);
    const spend = run.spend.state === 'ready' ? run.spend.value : null;
    expect(spend?.purposes.map(({ purpose }) => purpose)).toEqual(['evaluation']);
    expect(spend?.purposes[0]?.calls).toBe(spend?.parties.reduce((sum, { calls }) => sum + calls, 0));
    expect((await get(`${RUN_PATH}/events`, eventsSchema)).events.at(-1)).toMatchObject({ kind: 'started' });
    expect(await get(`${RUN_PATH}/curves`, curvesSchema)).toEqual({ jobs: [] });
  });

  it('is rated, by category and at equal style, and gives its files', async () => {
    const board = await get(`${RUN_PATH}/leaderboard`, leaderboardSchema);
    expect(board).toMatchObject({ label: 'I0', judge: 'evaluation', heldOut: true, trains: false });
    expect(board.pairs.state === 'ready' && board.pairs.value.map(({ battles }) => battles)).toEqual([
      ...[PROMPTS, PROMPTS, PROMPTS],
    ]);
    const categories = board.categories.state === 'ready' ? board.categories.value : [];
    const category = categories[0]?.category ?? '';
    const one = await get(`${RUN_PATH}/leaderboard?category=${category}&judge=data`, leaderboardSchema);
    expect(one.table.state === 'ready' && one.table.value.models).toHaveLength(3);
    const csv = await fetch(at(`${RUN_PATH}/leaderboard.csv`));
    expect(csv.headers.get('content-disposition')).toContain('leaderboard-I0.csv');
    expect((await csv.text()).split('\n')[1]).toMatch(/^scholar,/);
    expect(await (await fetch(at(`${RUN_PATH}/leaderboard.md`))).text()).toContain('| scholar |');
    expect((await fetch(at(`${RUN_PATH}/leaderboard?label=r9`))).status).toBe(404);
  });

  it('pages through its battles, each once, whatever the filter', async () => {
    const ids: string[] = [];
    for (let after = ''; ;) {
      const page = await get(
        `${RUN_PATH}/battles?limit=7&after=${encodeURIComponent(after)}`.replace(/&after=$/, ''),
        battlesSchema,
      );
      ids.push(...page.battles.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    // Three pairs, by two judges.
    expect(ids).toHaveLength(2 * 3 * PROMPTS);
    expect(new Set(ids).size).toBe(ids.length);

    const wins = await get(
      `${RUN_PATH}/battles?limit=200&purpose=evaluation&player=echo&opponent=scholar&outcome=loss&margin=0.5`,
      battlesSchema,
    );
    expect(wins.battles.length).toBeGreaterThan(0);
    for (const { a, b, outcome, margin } of wins.battles) {
      expect([a, b].toSorted()).toEqual(['echo', 'scholar']);
      expect(outcome).toBe(a === 'echo' ? 'loss' : 'win');
      expect(Math.abs(margin ?? 0)).toBeGreaterThanOrEqual(0.5);
    }
    expect((await fetch(at(`${RUN_PATH}/battles?player=nobody`))).status).toBe(404);
    expect((await fetch(at(`${RUN_PATH}/battles?outcome=won`))).status).toBe(400);
    expect((await get(`${RUN_PATH}/battle-choices`, battleChoicesSchema)).arenas).toHaveLength(2);
  });

  it('shows a battle with both games, and the training rows that came of it', async () => {
    const { battles } = await get(`${RUN_PATH}/battles?limit=1`, battlesSchema);
    const id = battles[0]?.id ?? '';
    const before = await get(`${RUN_PATH}/battle?id=${encodeURIComponent(id)}`, battleSchema);
    expect(before.games.map(({ first }) => first)).toEqual([before.a, before.b]);
    expect(before.answers.map(({ player }) => player)).toEqual([before.a, before.b]);
    const [first, second] = before.answers;
    const whole = await fetch(at(`/answer?player=${first?.playerId}&prompt=${before.prompt.id}`));
    expect(whole.headers.get('content-type')).toContain('text/plain');
    expect(await whole.text()).toBe(first?.text.text);

    const path = join(servers.paths.artifacts, 'dpo.jsonl');
    mkdirSync(servers.paths.artifacts, { recursive: true });
    const row = (gap: number, battle: string) => ({
      prompt: [{ role: 'user', content: before.prompt.turns[0]?.text.text ?? '' }],
      chosen: said(first?.text.text ?? ''),
      rejected: said(second?.text.text ?? ''),
      meta: {
        ...{ run: RUN, round: 1, stage: 'dpo', prompt: before.prompt.id, battles: [battle], gap },
        ...{ chosen: first?.playerId, rejected: second?.playerId },
      },
    });
    const text = [row(1, `${RUN}/x#9`), row(2.5, id), row(3, `${RUN}/x#8`)].map((one) => `${JSON.stringify(one)}\n`);
    writeFileSync(path, text.join(''));
    await saveDataset(servers.pool, {
      ...{ id: DATASET, run: RUN, round: 1, stage: 'dpo', attempt: 1, kind: 'dpo', settings: { threshold: 1 } },
      ...{ counts: { newRows: 3 }, rows: 3, path, sha256: sha256(text.join('')) },
    });
    const other = battles[0] && (await get(`${RUN_PATH}/battles?limit=2`, battlesSchema)).battles[1];
    const unused = await get(`${RUN_PATH}/battle?id=${encodeURIComponent(other?.id ?? '')}`, battleSchema);
    expect(unused.rows).toEqual({ state: 'ready', value: [] });
    expect((await fetch(at(`${RUN_PATH}/battle?id=${encodeURIComponent(`${RUN}#x`)}`))).status).toBe(404);

    const query = `id=${encodeURIComponent(DATASET)}`;
    expect((await get(`${RUN_PATH}/datasets`, datasetsSchema)).datasets).toMatchObject([{ id: DATASET, threshold: 1 }]);
    const detail = await get(`/dataset?${query}`, datasetDetailSchema);
    expect(detail).toMatchObject({
      card: null,
      profile: { value: { rows: 3, longerChosen: expect.any(Number) as number } },
    });
    const page = await get(`/dataset/rows?${query}&from=2&limit=1`, dataRowsSchema);
    expect(page).toMatchObject({ total: 3, rows: [{ row: 2, gap: 2.5, battles: [id] }] });
    const trace = await get(`/dataset/row?${query}&row=2`, rowTraceSchema);
    expect(trace).toMatchObject({ chosen: first?.player, battles: [{ id, games: [{}, {}] }] });
    expect((await fetch(at(`/dataset/row?${query}&row=4`))).status).toBe(404);

    // What a page may have cut, whole.
    const textAt = async (address: string) => {
      const response = await fetch(at(address));
      expect(response.headers.get('content-type')).toContain('text/plain');
      return response.text();
    };
    const battle = `battle=${encodeURIComponent(id)}`;
    expect(await textAt(`/judge-text?${battle}&first=a`)).toBe(before.games[0]?.text.text);
    expect(await textAt(`/judge-text?${battle}&first=b`)).toBe(before.games[1]?.text.text);
    expect(await textAt(`/prompt/turn?prompt=${before.prompt.id}&turn=1`)).toBe(before.prompt.turns[0]?.text.text);
    expect(await textAt(`/dataset/row/text?${query}&row=2&role=chosen`)).toBe(first?.text.text);
    expect(await textAt(`/dataset/row/text?${query}&row=2&role=rejected`)).toBe(second?.text.text);
    for (const address of [
      `/judge-text?battle=${encodeURIComponent(`${RUN}/x#1`)}&first=a`,
      `/prompt/turn?prompt=${before.prompt.id}&turn=9`,
      `/dataset/row/text?${query}&row=4&role=chosen`,
    ])
      expect({ address, status: (await fetch(at(address))).status }).toEqual({ address, status: 404 });

    appendFileSync(path, '{}\n');
    await servers.pool.query("update datasets set id = id || '2' where id = $1", [DATASET]);
    const changed = await get(`/dataset?${query}2`, datasetDetailSchema);
    expect(changed.profile).toMatchObject({ state: 'failed', sentence: expect.stringContaining('sha256') as string });
  });

  it('tells of its judges, and holds them beside people', async () => {
    const { judges, agreement, ...does } = await get(`${RUN_PATH}/judges`, judgesSchema);
    expect(does).toEqual({ trains: false, heldOut: true });
    expect(judges.map(({ role }) => role)).toEqual(['evaluation', 'data']);
    expect(judges[0]?.profile).toMatchObject({ value: { battles: 3 * PROMPTS, perMille: 1000 } });
    expect(agreement).toMatchObject({ value: { battles: expect.any(Number) as number } });

    const { battles } = await get(`${RUN_PATH}/battles?limit=60`, battlesSchema);
    const votes = battles
      .filter(({ outcome }) => outcome === 'win' || outcome === 'loss')
      .map(({ a, b, outcome, prompt }) => `${a},${b},${outcome === 'win' ? 'model_a' : 'model_b'},${prompt}`);
    const file = ['model_a,model_b,winner,prompt_id', ...votes].join('\n');
    const arena = battles[0]?.arena ?? '';
    const role = arena.endsWith('-data') ? 'data' : 'evaluation';
    const audit = await post(`${RUN_PATH}/judges/${role}/audit`, file, { 'content-type': 'text/plain' });
    expect(auditSchema.parse(audit.body).agreement[0]?.judge.withoutTies.value).toBe(1);
    expect((await post(`${RUN_PATH}/judges/data/audit`, 'nonsense', { 'content-type': 'text/plain' })).status).toBe(
      400,
    );
  });

  it('compares two players on the same prompts', async () => {
    const path = `${RUN_PATH}/compare?old=echo&new=scholar`;
    const all = await get(`${path}&limit=50`, compareSchema);
    expect(all.rows).toHaveLength(PROMPTS);
    const summary = all.summary.state === 'ready' ? all.summary.value : null;
    expect(summary).toMatchObject({ prompts: PROMPTS, unknown: 0 });
    const better = await get(`${path}&verdict=better&limit=50`, compareSchema);
    expect(better.rows).toHaveLength(summary?.better ?? -1);
    expect(better.rows.every(({ by, battle }) => by === 'direct' && battle?.run === RUN)).toBe(true);
  });

  it('knows no pools, and says so of what is not there', async () => {
    expect(await get('/pools', poolsSchema)).toEqual({ pools: { state: 'ready', value: [] } });
    expect(await get('/pools/none/dropped', droppedSchema)).toEqual({ dropped: [], next: null });
    const response = await fetch(at('/runs/none'));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.stringContaining('no run none') as string });
    expect((await fetch(at('/nonsense'))).status).toBe(404);
  });
});

describe('an arena with one judge, over a pool', () => {
  const LONG = `Please write a letter to my neighbour about the noise of last night, keep it friendly, ${'and say that I like music as well, '.repeat(3)}only not so late.`;

  beforeAll(async () => {
    await storeStarted('started');
    const file = join(servers.paths.home, 'chats.jsonl');
    writePrompts(file, PROMPTS, 'test');
    appendFileSync(file, [LONG, `${LONG}!`].map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
    await importIntoPool(servers.pool, 'chats', [file]);
    await dropDuplicates(servers.pool, 'chats', { ...NEAR_DUPLICATE_DEFAULTS, jaccard: 0.8 });
    const benchmark = { id: 'b', messages: [{ role: 'user' as const, content: LONG }] };
    await decontaminatePool(
      servers.pool,
      'chats',
      [{ ...benchmark, category: null, source: 'benchmark', originalId: null }],
      { embedder: lexicalEmbedder(), rule: { similarity: 0.999 }, ngram: 0, maxShare: 1 },
    );
    await served.play('second', {
      name: 'second',
      competitors: (['scholar', 'coder'] as const).map((name) => sandboxPlayer(name)),
      judge: sandboxJudge('data-judge'),
      prompts: { source: ['pool:chats'] },
      evaluation: { bootstrapRounds: 100 },
    });
  });

  it('says what cleaning left of its prompts, what it dropped, and what is kept instead', async () => {
    const lost = {
      ...{ pool: 'chats', files: 1, prompts: PROMPTS + 2, kept: PROMPTS, masked: 0 },
      dropped: expect.arrayContaining([
        { reason: 'near-duplicate', prompts: 1 },
        { reason: 'contaminated', prompts: 1 },
      ]) as unknown,
    };
    // That there was none has been asked before, and is given for some seconds.
    const told = await until(
      () => get('/pools', poolsSchema),
      ({ pools }) => pools.state === 'ready' && pools.value.length > 0,
    );
    expect(told).toEqual({ pools: { state: 'ready', value: [lost] } });
    expect(await get('/runs/second/datasets', datasetsSchema)).toEqual({
      datasets: [],
      pools: { state: 'ready', value: [lost] },
    });
    expect((await get(`${RUN_PATH}/datasets`, datasetsSchema)).pools).toEqual({ state: 'ready', value: [] });
    const reasons = async (reason: string) =>
      (await get(`/pools/chats/dropped?reason=${reason}`, droppedSchema)).dropped.map(({ text, kept }) => [text, kept]);
    expect(await reasons('near-duplicate')).toEqual([[`${LONG}!`, LONG]]);
    expect(await reasons('contaminated')).toEqual([[LONG, null]]);
    const one = await get('/pools/chats/dropped?limit=1', droppedSchema);
    expect((await get(`/pools/chats/dropped?after=${one.next}`, droppedSchema)).dropped).toHaveLength(1);
  });

  it('calls its judge the one that does all', async () => {
    const { judges, ...does } = await get('/runs/second/judges', judgesSchema);
    expect(judges.map(({ role }) => role)).toEqual(['data']);
    expect(does).toEqual({ trains: false, heldOut: false, agreement: { state: 'ready', value: null } });
    expect(await get('/runs/started/judges', judgesSchema)).toMatchObject({ trains: true, heldOut: false });
  });

  it('is compared with another run: each battle is named with the run that played it, each answer can be read whole', async () => {
    const found = await get(`${RUN_PATH}/compare?with=second&old=coder&new=scholar&limit=50`, compareSchema);
    expect(found.rows).toHaveLength(PROMPTS);
    for (const { battle } of found.rows) expect(battle).toMatchObject({ run: 'second' });
    const [row] = found.rows;
    const { run = '', id = '' } = row?.battle ?? {};
    const path = `/runs/${encodeURIComponent(run)}/battle?id=${encodeURIComponent(id)}`;
    expect((await get(path, battleSchema)).prompt.id).toBe(row?.prompt);
    for (const side of ['old', 'new'] as const) {
      const answer = await fetch(at(`/answer?player=${found.players[side]}&prompt=${row?.prompt}`));
      expect(await answer.text()).toBe(row?.[side].text.text);
    }
  });

  it('compares nobody with itself unless asked to', async () => {
    const chosen = async (path: string) => {
      const { old, new: fresh } = await get(path, compareSchema);
      return [old, fresh];
    };
    // The start is all that this run has rated, and so its champion.
    expect(await chosen('/runs/started/compare')).toEqual(['atlas', 'I0']);
    expect(await chosen('/runs/started/compare?old=I0')).toEqual(['I0', 'atlas']);
    expect(await chosen('/runs/started/compare?old=I0&new=I0')).toEqual(['I0', 'I0']);
    expect(await chosen('/runs/second/compare')).toEqual(['scholar', 'coder']);
    expect(await chosen('/runs/second/compare?new=scholar')).toEqual(['coder', 'scholar']);
  });

  it('stands in pages of runs; what needs a person is told with the first one, wherever it stands', async () => {
    await standing('started', 'closed');
    const all = await get('/runs', runsSchema);
    expect(all.runs.map(({ run }) => run)).toEqual(['second', 'started', RUN]);
    expect(all.next).toBeNull();
    const pages: string[][] = [];
    for (let after: string | null = null, next = true; next;) {
      const page: z.infer<typeof runsSchema> = await get(
        `/runs?limit=1${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
        runsSchema,
      );
      expect(page.attention.map(({ run }) => run)).toEqual(after === null ? ['started'] : []);
      pages.push(page.runs.map(({ run }) => run));
      after = page.next;
      next = after !== null;
    }
    expect(pages).toEqual([['second'], ['started'], [RUN]]);
    expect((await fetch(at('/runs?limit=101'))).status).toBe(400);
  });
});

/** As a run stands whose start is rated, and whose workflow is gone. */
async function storeStarted(run: string): Promise<void> {
  const reach = { url: 'http://127.0.0.1:9/v1', price: { input: 1, output: 2 } };
  const config = parseConfig(
    {
      ...{ name: run, rounds: 1, target: { base: '/nowhere/base' }, prompts: { source: ['prompts.jsonl'] } },
      competitors: ['atlas', 'borealis'].map((id) => ({ ...reach, id, model: id })),
      judge: { ...reach, model: 'judge' },
    },
    { where: 'the test', folder: '/nowhere' },
  );
  const model = { checkpoint: `${run}/I0`, label: 'I0' };
  const player = checkpointPlayer(config, { id: model.checkpoint, label: 'I0', sha256: sha256(run) });
  await savePlayer(servers.pool, player);
  await saveRun(servers.pool, { id: run, config, configHash: sha256(run).slice(0, 32), split: null });
  await saveCheckpoint(servers.pool, {
    ...{ id: model.checkpoint, run, round: 0, stage: 'start', attempt: 1, parent: null, dataset: null, job: null },
    ...{ path: '/nowhere', sha256: sha256(run), metrics: {}, seconds: 0, player: player.id, status: 'promoted' },
  });
  await saveState(servers.pool, run, {
    ...freshState(null),
    finished: [
      {
        ...{ round: 0, stage: 'start', attempt: 1, decision: 'none', model, candidate: null, gate: null, datasets: {} },
        ...{ evaluation: null, battles: 0, rows: 0, seconds: 1, rating: null, dataRating: null },
      },
    ],
  } satisfies FlywheelState);
}
