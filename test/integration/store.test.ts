import { Pool } from 'pg';
import { migrate } from '../../src/store/migrate';
import { openStore, type Store } from '../../src/store/open';
import { savePlayer, saveJudge } from '../../src/store/players';
import { savePrompts, saveSplit, partOf } from '../../src/store/prompts';
import { saveCap, spendOf } from '../../src/store/ledger';
import { GroupCommit } from '../../src/store/group-commit';
import { BudgetReached } from '../../src/store/purse';
import { testPostgres, type TestPostgres } from '../support/postgres';

let server: TestPostgres;
let store: Store;

beforeAll(async () => {
  server = await testPostgres();
  const pools = [1, 2, 3].map(() => new Pool({ connectionString: server.url, max: 1 }));
  // Several workers start at once on an empty database.
  const run = (await Promise.all(pools.map(migrate))).flat();
  expect(run[0]).toBe('0001-initial');
  expect(run).toEqual([...new Set(run)].sort());
  await Promise.all(pools.map((pool) => pool.end()));
  store = await openStore(server.url);
  await savePrompts(
    store.pool,
    ['p', 'q', 'r'].map((id) => ({
      id,
      messages: [{ role: 'user', content: id }],
      category: null,
      source: 'test',
      originalId: null,
    })),
  );
  await savePlayer(store.pool, { id: 'a', name: 'a', identity: {} });
  await saveJudge(store.pool, { id: 'j', name: 'j', identity: {} });
});

afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const answer = (text: string, prompt = 'p') => ({
  player: 'a',
  prompt,
  sample: 0,
  text,
  reasoning: null,
  finishReason: 'stop',
  promptTokens: 1,
  completionTokens: 1,
});
const game = (scoreFirst: number) => ({
  ...{ judge: 'j', prompt: 'p', first: 'a', second: 'b', text: 't', scoreFirst, scoreSecond: 5 },
  ...{ verdict: 'win' as const, finishReason: 'stop', promptTokens: 1, completionTokens: 1 },
});

it('keeps the first answer and game of a key, and hands it to whoever comes later', async () => {
  expect((await store.answers.put(answer('first'))).text).toBe('first');
  expect((await store.answers.put(answer('second'))).text).toBe('first');
  const both = await Promise.all([store.games.put(game(7.5)), store.games.put(game(9))]);
  expect(both.map(({ scoreFirst }) => scoreFirst)).toEqual([7.5, 7.5]);
});

it('stores what no text column holds: NUL and half a surrogate pair', async () => {
  expect((await store.answers.put(answer('a\u0000b\uD800c', 'q'))).text).toBe('a\uFFFDb\uFFFDc');
});

it('refuses a prompt in two parts of a split, whole', async () => {
  await expect(
    saveSplit(
      store.pool,
      'leaky',
      new Map([
        ['test', ['p']],
        ['slice-1', ['q', 'p']],
      ] as const),
    ),
  ).rejects.toThrow(/duplicate key/);
  expect(await partOf(store.pool, 'leaky', 'test')).toEqual([]);
});

it('leaves a frozen split as it is', async () => {
  await saveSplit(store.pool, 'frozen', new Map([['test', ['r', 'p']]] as const));
  await saveSplit(store.pool, 'frozen', new Map([['test', ['q']]] as const));
  expect(await partOf(store.pool, 'frozen', 'test')).toEqual(['r', 'p']);
});

it('sums every attempt, failed ones too', async () => {
  const attempt = {
    run: 'x',
    purpose: 'gate',
    party: 'a',
    promptTokens: 10,
    completionTokens: 5,
    usd: 0.25,
    milliseconds: 3,
  };
  await Promise.all([
    store.ledger.put({ ...attempt, error: null }),
    store.ledger.put({ ...attempt, error: 'timeout' }),
  ]);
  expect(await spendOf(store.pool, 'x')).toEqual({ calls: 2, failedCalls: 1, tokens: 30, usd: 0.5 });
});

describe('a cap over two workers', () => {
  const RUN = 'capped';
  let other: Store;

  beforeAll(async () => {
    other = await openStore(server.url);
  });

  afterAll(() => other?.close());

  /** A worker's side of a call: admitted, owed as it ends, paid when the ledger is written. */
  const worker = async (one: Store) => {
    const purse = await one.purses.open(one.pool, RUN);
    return {
      admitted: () => purse.admit(),
      pay(usd: number) {
        purse.owe(usd);
        const tokens = { promptTokens: 1, completionTokens: 1 };
        return one.ledger.put({ ...tokens, run: RUN, purpose: 'gate', party: 'a', usd, milliseconds: 3, error: null });
      },
    };
  };

  it('each knows its own calls at once and the other’s from its next flush: the overshoot is one flush for each further worker', async () => {
    await saveCap(store.pool, RUN, 1);
    const [first, second] = [await worker(store), await worker(other)];
    // Its own calls count before they are written.
    const written = first.pay(0.75);
    first.admitted();
    await written;
    // Nobody told the second worker yet; its own flush does.
    second.admitted();
    await second.pay(0.5);
    expect(() => second.admitted()).toThrow('$1.25 of $1.00 are spent. Send setBudget {"usd": 3} to go on.');
    first.admitted();
    await first.pay(0.125);
    const refused = (() => {
      try {
        first.admitted();
      } catch (error) {
        return error;
      }
      return null;
    })();
    expect(BudgetReached.isInstance(refused) && refused.usd).toBe(1.375);
    expect((await spendOf(store.pool, RUN)).usd).toBe(1.375);
  });

  it('a raised cap, and one that is taken away, holds for every worker from its next batch or flush on', async () => {
    const [first, second] = [await worker(store), await worker(other)];
    await saveCap(store.pool, RUN, 2);
    expect(() => first.admitted()).toThrow('of $1.00');
    // A batch opens the purse anew.
    (await worker(store)).admitted();
    first.admitted();
    await second.pay(0.5);
    second.admitted();
    await second.pay(0.5);
    expect(() => second.admitted()).toThrow('$2.38 of $2.00');
    await saveCap(store.pool, RUN, null);
    (await worker(other)).admitted();
    second.admitted();
  });
});

describe('GroupCommit', () => {
  /** A promise, and what settles it. */
  function promised() {
    let settle: () => void = () => undefined;
    return { promise: new Promise<void>((resolve) => (settle = resolve)), settle: () => settle() };
  }

  it('writes what arrives during a write together, in order, and fails only the group that failed', async () => {
    const groups: number[][] = [];
    const [begun, ended] = [promised(), promised()];
    const commit = new GroupCommit<number, number>(async (rows) => {
      groups.push(rows);
      begun.settle();
      await ended.promise;
      if (rows.includes(2)) throw new Error('no');
      return rows.map((row) => row * 10);
    });
    const one = commit.put(1);
    await begun.promise;
    const later = [commit.put(2), commit.put(3)];
    ended.settle();
    await expect(one).resolves.toBe(10);
    expect((await Promise.allSettled(later)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(commit.put(4)).resolves.toBe(40);
    expect(groups).toEqual([[1], [2, 3], [4]]);
  });

  it('tells those who would pay for more that a write is overdue, until it has ended, well or badly', async () => {
    let now = 1000;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const writes: { resolve: (stored: number[]) => void; reject: (error: Error) => void }[] = [];
      let begun = promised();
      const commit = new GroupCommit<number, number>(
        () =>
          new Promise((resolve, reject) => {
            writes.push({ resolve, reject });
            begun.settle();
          }),
        { everyMs: 0, overdueMs: 20 },
      );
      expect(commit.overdue()).toBeNull();
      const one = commit.put(1);
      await begun.promise;
      now += 20;
      expect(commit.overdue()).toBeNull();
      now += 1;
      const overdue = commit.overdue();
      expect(overdue).not.toBeNull();
      writes[0]?.resolve([10]);
      await overdue;
      expect(await one).toBe(10);
      expect(commit.overdue()).toBeNull();
      begun = promised();
      const two = commit.put(2).catch((error: Error) => error.message);
      await begun.promise;
      now += 21;
      const again = commit.overdue();
      expect(again).not.toBeNull();
      writes[1]?.reject(new Error('gone'));
      await expect(again).resolves.toBeUndefined();
      expect(await two).toBe('gone');
    } finally {
      clock.mockRestore();
    }
  });
});
