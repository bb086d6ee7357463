import { createBench } from '../../src/judge/bench';
import { createJudge, type Judge } from '../../src/judge/judge';
import { reparseRun } from '../../src/judge/reparse';
import { agreementOf } from '../../src/judge/agreement';
import { BUILT_IN_TEMPLATES } from '../../src/judge/templates';
import { createChatClient } from '../../src/models/client';
import type { Attempt } from '../../src/models/chat';
import { juryId } from '../../src/models/player';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { loadWholePrompts, saveArena, saveOutcomes } from '../../src/store/arenas';
import { battleResult } from '../../src/judge/battle';
import { gamesOfBattles, loadGames, type GameScores } from '../../src/store/games';
import { juryVerdicts } from '../../src/store/jury-verdicts';
import { openStore, type Store } from '../../src/store/open';
import { savePlayer, saveJudge } from '../../src/store/players';
import { savePrompts } from '../../src/store/prompts';
import { testPostgres, type TestPostgres } from '../support/postgres';

const sampling = { temperature: 0, topP: 1, maxTokens: 300 };
const prompt = {
  id: 'p',
  messages: [{ role: 'user' as const, content: 'olga has 7 stamps and loses 1 . how many stamps ?' }],
  category: null,
  source: 'test',
  originalId: null,
};
const right = 'sure : 7 minus 1 is 6 . olga has 6 stamps . checked twice . ask me more .';
const wrong = 'sure : 7 minus 1 is 5 . olga has 5 stamps . checked twice . ask me more .';

let server: TestPostgres;
let store: Store;
let sandbox: Sandbox;

beforeAll(async () => {
  [server, sandbox] = await Promise.all([testPostgres(), startSandbox({ noise: 0 })]);
  store = await openStore(server.url);
  await savePrompts(store.pool, [prompt]);
  for (const id of ['right', 'wrong']) await savePlayer(store.pool, { id, name: id, identity: {} });
});
afterAll(async () => {
  await store?.close();
  await sandbox?.close();
  await server?.stop();
});

const scripted = (model: string, template: string): Judge =>
  createJudge({
    ...{ model, template, sampling, revision: null, systemPrompt: null },
    responseFormat: template === 'json-v1' ? 'json_schema' : 'text',
    client: createChatClient({
      ...{ url: sandbox.url, key: null, concurrency: 4, timeoutMs: 50_000, retries: 0 },
      price: { input: 1, output: 1 },
    }),
  });

test.each(BUILT_IN_TEMPLATES)(
  'the scripted judge is asked by $name and answers in its form',
  async ({ name, format }) => {
    const judge = scripted('data-judge', name);
    const reference = { reference: 'olga has 6 stamps .' };
    const one = await judge.judge(prompt.messages, right, wrong, reference);
    const two = await judge.judge(prompt.messages, wrong, right, reference);
    const even = await judge.judge(prompt.messages, right, right, reference);
    expect([one.verdict, two.verdict, even.verdict]).toEqual(['win', 'loss', 'tie']);
    const scored = format === 'scores' || format === 'json';
    expect([one.scoreFirst, one.scoreSecond]).toEqual(scored ? [10, 7] : [null, null]);
  },
);

const answerOf = (player: string, text: string) => ({
  ...{ player, prompt: prompt.id, sample: 0, text, reasoning: null, finishReason: 'stop' },
  ...{ promptTokens: 1, completionTokens: 1 },
});
const battle = { prompt: prompt.id, playerA: 'right', playerB: 'wrong' };

describe('a jury', () => {
  const members = () => [
    scripted('data-judge', 'scores-v1'),
    scripted('evaluation-judge', 'json-v1'),
    scripted('feature-judge', 'mt-bench-v1'),
  ];
  const seated = () => {
    const jury = members();
    return { id: juryId({ rule: 'majority', jury: jury.map(({ id }) => id) }), jury };
  };

  /** Plays both games on a fresh table, as a batch does; returns the calls that it made. */
  async function play(): Promise<Attempt[]> {
    const { id, jury } = seated();
    const known = new Map<string, Map<string, GameScores>>();
    for (const judge of [id, ...jury.map((member) => member.id)])
      known.set(judge, await loadGames(store.pool, judge, gamesOfBattles([battle])));
    const attempts: Attempt[] = [];
    const gameOf = createBench(
      { id, rule: 'majority', members: jury },
      {
        games: (judge) => known.get(judge) ?? new Map<string, GameScores>(),
        store: (game) => store.games.put(game),
        options: () => ({ onAttempt: (attempt) => attempts.push(attempt) }),
      },
    );
    const [a, b] = [answerOf('right', right), answerOf('wrong', wrong)];
    await Promise.all([gameOf(prompt, a, b), gameOf(prompt, b, a)]);
    return attempts;
  }

  beforeAll(async () => {
    const { id, jury } = seated();
    for (const [index, { id: member }] of jury.entries())
      await saveJudge(store.pool, {
        id: member,
        name: `member ${index}`,
        identity: { template: ['scores-v1', 'json-v1', 'mt-bench-v1'][index] },
      });
    await saveJudge(store.pool, { id, name: 'jury', identity: { rule: 'majority', jury: jury.map((one) => one.id) } });
    for (const run of ['first', 'second']) {
      await store.pool.query(`insert into runs (id, config, config_hash) values ($1, '{}', 'h')`, [run]);
      const arena = { run, round: 0, stage: 'start', attempt: 1, purpose: 'evaluation' as const, size: 1 };
      await saveArena(store.pool, { ...arena, id: `${run}/jury`, judge: id }, [battle]);
    }
    const alone = { run: 'second', round: 0, stage: 'start', attempt: 1, purpose: 'training' as const, size: 1 };
    await saveArena(store.pool, { ...alone, id: 'second/alone', judge: jury[0]?.id ?? '' }, [battle]);
  });

  it('asks each member once, stores its games as its own, and is derived from them', async () => {
    expect(await play()).toHaveLength(6);
    expect(await play()).toHaveLength(0);
    const { id, jury } = seated();
    const derived = await loadGames(store.pool, id, gamesOfBattles([battle]));
    expect(Object.fromEntries([...derived.values()].map(({ first, verdict }) => [first, verdict]))).toEqual({
      right: 'win',
      wrong: 'loss',
    });
    for (const member of jury) expect((await loadGames(store.pool, member.id, gamesOfBattles([battle]))).size).toBe(2);
  });

  it('loses only a missing member’s game to a crash', async () => {
    const { id, jury } = seated();
    await store.pool.query('delete from games where judge = $1 or (judge = $2 and first = $3)', [
      id,
      jury[1]?.id,
      'right',
    ]);
    expect(await play()).toHaveLength(1);
  });

  it('reports how its members agree', async () => {
    const { id, jury } = seated();
    const patterns = await juryVerdicts(
      store.pool,
      'first',
      id,
      jury.map((member) => member.id),
    );
    expect(patterns.reduce((sum, { games }) => sum + games, 0)).toBe(2);
    expect(patterns[0]?.verdicts).toHaveLength(3);
    const agreement = agreementOf(patterns.map(({ verdicts, games }) => ({ values: verdicts, units: games })));
    expect(agreement.units).toBe(2);
  });

  describe('after a parser that read everything wrong', () => {
    const outcomes = async () =>
      Promise.all(
        ['first/jury', 'second/jury', 'second/alone'].map(async (arena) => {
          const [one] = await loadWholePrompts(store.pool, arena, 0, 1);
          return [one?.outcome, one?.margin];
        }),
      );
    let decided: Awaited<ReturnType<typeof outcomes>>;

    beforeAll(async () => {
      for (const arena of ['first/jury', 'second/jury', 'second/alone']) {
        const { rows } = await store.pool.query<{ judge: string }>('select judge from arenas where id = $1', [arena]);
        const games = await loadGames(store.pool, rows[0]?.judge ?? '', gamesOfBattles([battle]));
        const result = battleResult(battle, games);
        if (!result) throw new Error('no games');
        await saveOutcomes(store.pool, arena, [{ position: 0, ...result, problem: null }]);
      }
      decided = await outcomes();
      await store.pool.query(`update games set verdict = 'tie', score_first = 5, score_second = 5`);
      await store.pool.query(`update battles set outcome = 'tie', margin = 0`);
    });

    it('a dry run counts what would change, and changes nothing', async () => {
      const counted = await reparseRun(store.pool, 'first', { dryRun: true });
      expect(counted.battles).toBe(1);
      expect(counted.outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(3);
      expect(await outcomes()).toEqual([
        ['tie', 0],
        ['tie', 0],
        ['tie', 0],
      ]);
      expect(await reparseRun(store.pool, 'first', { dryRun: true })).toEqual(counted);
    });

    it('the stored texts bring all of it back, for every battle that rests on them, once', async () => {
      const counted = await reparseRun(store.pool, 'first', { dryRun: true });
      expect(await reparseRun(store.pool, 'first')).toEqual(counted);
      expect(await outcomes()).toEqual(decided);
      expect(decided[0]?.[0]).toBe('win');
      expect(counted.runs).toEqual(
        expect.arrayContaining([
          { run: 'first', battles: 1 },
          { run: 'second', battles: 2 },
        ]),
      );
      expect(await reparseRun(store.pool, 'first')).toEqual({ battles: 1, games: [], outcomes: [], runs: [] });
    });

    it('an outcome that does not follow from the games is mended without a game that changed', async () => {
      await store.pool.query(`update battles set outcome = 'loss' where arena = 'first/jury'`);
      const { games, outcomes: changes } = await reparseRun(store.pool, 'first');
      expect(games).toEqual([]);
      expect(changes).toEqual([{ from: 'loss', to: 'win', count: 1 }]);
    });
  });
});
