import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../src/arena/outcome';
import { main } from '../../src/cli/main';
import { parseConfig } from '../../src/config/load';
import { competitorPlayer, judgeParty } from '../../src/models/roster';
import { promptId } from '../../src/prompts/prompt';
import { saveAnswers } from '../../src/store/answers';
import { saveArena } from '../../src/store/arenas';
import { saveGames } from '../../src/store/games';
import { openStore, type Store } from '../../src/store/open';
import { saveJudge, savePlayer } from '../../src/store/players';
import { savePrompts } from '../../src/store/prompts';
import { saveRun } from '../../src/store/runs';
import { testPostgres, type TestPostgres } from '../support/postgres';
import { sandboxJudge, sandboxPlayer } from '../support/tiny';

/** `flywheel judge audit RUN`: a run's own judges out of a real Postgres, beside a file of human votes. */
let server: TestPostgres;
let store: Store;
let folder: string;
let out: string;
let err: string;

const config = parseConfig({
  name: 'board',
  competitors: [sandboxPlayer('tutor'), sandboxPlayer('poet')],
  judge: sandboxJudge('data-judge'),
  evaluation: { judge: sandboxJudge('evaluation-judge') },
  prompts: { source: ['prompts.jsonl'] },
});
const [tutor, poet] = config.competitors.map((player) => competitorPlayer(player).id) as [string, string];
const evaluation = judgeParty(config.evaluation.judge!);
const data = judgeParty(config.judge);

const prompts = ['one ?', 'two ?', 'three ?', 'four ?'].map((content, index) => {
  const messages = [{ role: 'user' as const, content }];
  return { id: promptId(messages), messages, category: null, source: 'prompts.jsonl', originalId: `test-${index}` };
});
const [one, two, three, four] = prompts.map(({ id }) => id) as [string, string, string, string];

/** What a judge said of a prompt with the tutor's answer first, and with the poet's. */
const gamesOf = (judge: string, prompt: string, verdicts: readonly [Verdict, Verdict]) =>
  verdicts.map((verdict, at) => ({
    ...{ judge, prompt, verdict, text: '', scoreFirst: null, scoreSecond: null },
    ...{ first: at === 0 ? tutor : poet, second: at === 0 ? poet : tutor },
    ...{ finishReason: 'stop', promptTokens: 1, completionTokens: 1 },
  }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-audit-'));
  server = await testPostgres();
  store = await openStore(server.url);
  process.env['FLYWHEEL_DATABASE_URL'] = server.url;
  const { pool } = store;
  await savePrompts(pool, prompts);
  // As an earlier run called them: this run has names of its own.
  for (const id of [tutor, poet]) await savePlayer(pool, { id, name: `earlier ${id}`, identity: {} });
  for (const judge of [evaluation, data]) await saveJudge(pool, judge);
  await saveRun(pool, { id: 'board', config, configHash: 'h', split: null });
  await saveRun(pool, { id: 'silent', config, configHash: 'h', split: null });
  const battles = prompts.map(({ id }, position) => ({ prompt: id, playerA: tutor, playerB: poet, position }));
  const arena = { run: 'board', round: 0, stage: 'start', attempt: 1, purpose: 'evaluation' as const, size: 4 };
  await saveArena(pool, { ...arena, id: 'board/evaluation', judge: evaluation.id }, battles);
  // The same battles once more, named the other way round: they count once.
  const turned = battles.map((battle) => ({ ...battle, playerA: poet, playerB: tutor }));
  await saveArena(pool, { ...arena, id: 'board/again', judge: evaluation.id }, turned);
  await saveArena(pool, { ...arena, id: 'board/data', judge: data.id }, battles.slice(0, 1));
  await saveGames(pool, [
    ...gamesOf(evaluation.id, one, ['win', 'loss']),
    ...gamesOf(evaluation.id, two, ['loss', 'tie']),
    ...gamesOf(evaluation.id, three, ['win', 'win']),
    ...gamesOf(evaluation.id, four, ['invalid', 'win']),
    ...gamesOf(data.id, one, ['loss', 'win']),
  ]);
  const answer = (player: string, prompt: string, text: string) => ({
    ...{ player, prompt, text, sample: 0, reasoning: null, finishReason: 'stop', promptTokens: 1, completionTokens: 1 },
  });
  await saveAnswers(pool, [answer(tutor, one, 'long answer'), answer(poet, one, '🦙')]);
});

afterAll(async () => {
  delete process.env['FLYWHEEL_DATABASE_URL'];
  rmSync(folder, { recursive: true, force: true });
  await store?.close();
  await server?.stop();
});

beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());

const votes = (text: string) => {
  const file = join(folder, 'votes.csv');
  writeFileSync(file, `prompt_id,model_a,model_b,winner\n${text}`);
  return file;
};
const VOTES = `test-0,tutor,poet,model_a\n${two},tutor,poet,model_a\ntest-2,poet,tutor,tie\nelsewhere,tutor,poet,tie\n`;
const audit = (...args: string[]) => main(['judge', 'audit', ...args]);

it('compares the evaluation judge with the votes, found by the prompts’ ids here and at their source', async () => {
  expect(await audit('board', '--human', votes(VOTES), '--json')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    judge: { name: 'evaluation-judge in board', judgements: 4 },
    human: { votes: 3, elsewhere: 1 },
    // They agree on test-0, and on test-2, where the judge is inconsistent and the person sees a tie.
    agreement: [{ judge: { withTies: { value: 2 / 3, n: 3 }, withoutTies: { value: 1 / 2, n: 2 } } }],
    position: { inconsistent: { value: 1 / 3, n: 3 }, advantage: { n: 3 } },
    length: { longerWins: { value: 1, n: 1 } },
    invalid: { value: 1 / 4, n: 4 },
  });
});

it('shows it as a table, and says how many votes were left out', async () => {
  expect(await audit('board', '--human', votes(VOTES))).toBe(0);
  expect(out).toMatch(/^evaluation-judge in board \(4 judgements\) beside .*votes\.csv \(3 votes\)/);
  expect(err).toMatch(/votes\.csv: 1 votes left out/);
});

it('compares the data judge where it is asked for', async () => {
  expect(await audit('board', '--human', votes(VOTES), '--judge', 'data', '--json')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    judge: { name: 'data-judge in board', judgements: 1 },
    agreement: [{ judge: { withTies: { value: 0, n: 1 } } }],
  });
});

it.each([
  ['nothing in common', 'board', 'x,tutor,poet,tie\n', 2, /None of the 1 votes in .* is on a prompt that/],
  ['other names of models', 'board', 'test-0,gpt-4,poet,tie\n', 2, /the first compares gpt-4 with poet/],
  ['a judge that judged nothing', 'silent', VOTES, 1, /has judged nothing/],
  ['a run that is not there', 'nowhere', VOTES, 1, /There is no run nowhere/],
])('refuses %s in one sentence', async (_name, run, text, code, message) => {
  expect(await audit(run, '--human', votes(text))).toBe(code);
  expect(err).toMatch(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});
