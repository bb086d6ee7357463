import type { Config } from '../../../src/config/schema';
import { parseConfig } from '../../../src/config/load';
import { forecast } from '../../../src/plan/forecast';
import { trainingsOf, workOf } from '../../../src/plan/work';
import { competitorPlayer } from '../../../src/models/roster';
import type { Prompt } from '../../../src/prompts/prompt';

const player = (id: string, more: object = {}) => ({ id, url: 'http://a/v1', model: id, ...more });
const config = (more: object = {}): Config =>
  parseConfig({
    rounds: 2,
    target: { base: '/b', contextTokens: 100, sampling: { maxTokens: 40 } },
    competitors: [player('one', { price: { input: 1, output: 10 } }), player('two'), player('late', { joins: 2 })],
    judge: { url: 'http://j/v1', model: 'j', price: { input: 2, output: 2 } },
    evaluation: { judge: { url: 'http://e/v1', model: 'e' }, size: 10 },
    prompts: { source: ['p.jsonl'] },
    gate: { prompts: 5 },
    ...more,
  });
const sizes = new Map([
  ['test', 10],
  ['gate', 40],
  ...[1, 2, 3, 4, 5, 6].map((slice): [string, number] => [`slice-${slice}`, 20]),
]);
const rows = (given: Config) =>
  workOf(given, sizes).map(({ step, purpose, battles, answers }) => [
    step,
    purpose,
    battles,
    Object.fromEntries(answers),
  ]);

describe('workOf', () => {
  it('counts each arena of a run: pairs by prompts, and answers that are new', () => {
    const all = rows(config());
    expect(all.slice(0, 3)).toEqual([
      // I0, one, two: three pairs.
      ['start', 'evaluation', 30, { target: 10, one: 10, two: 10 }],
      ['r1-sft', 'training', 60, { target: 20, one: 20, two: 20 }],
      ['r1-sft', 'gate', 5, { target: 10 }],
    ]);
    // The new model against I0, one and two, who have met and answered.
    expect(all.find(([step, purpose]) => step === 'r1-end' && purpose === 'evaluation')).toEqual([
      'r1-end',
      'evaluation',
      30,
      { target: 10 },
    ]);
    // Four players on a slice. At the end late and the new model against I0, the champion, one and two, and each other.
    expect(all.find(([step, purpose]) => step === 'r2-dpo' && purpose === 'training')?.[2]).toBe(6 * 20);
    expect(all.at(-1)).toEqual(['r2-end', 'evaluation', 90, { target: 10, late: 10 }]);
  });

  it('follows pairs: target, evaluations after each stage, both judges, and an arena without a target', () => {
    expect(rows(config({ arena: { pairs: 'target' } }))[1]?.[2]).toBe(40);
    const both = config({
      evaluation: { judge: { url: 'http://e/v1', model: 'e' }, size: 10, after: 'stage', dataJudge: true },
    });
    expect(
      rows(both)
        .filter(([step]) => step === 'r1-dpo')
        .map(([, purpose, battles]) => [purpose, battles]),
    ).toEqual([
      ['training', 60],
      ['gate', 5],
      ['evaluation', 30],
      ['evaluation', 30],
    ]);
    const board = parseConfig({
      competitors: [player('one'), player('two')],
      judge: { url: 'http://j/v1', model: 'j' },
      prompts: { source: ['p.jsonl'] },
    });
    expect(rows(board)).toEqual([['start', 'evaluation', 10, { one: 10, two: 10 }]]);
  });

  it('names the trainings, a reward model before each PPO', () => {
    expect(trainingsOf(config({ rounds: 1 })).map(({ step, kind }) => `${step} ${kind}`)).toEqual([
      'r1-sft sft',
      'r1-dpo dpo',
      'r1-ppo reward',
      'r1-ppo ppo',
    ]);
  });
});

describe('forecast', () => {
  const prompt = (id: string, characters: number): Prompt => ({
    ...{ id, category: null, source: 's', originalId: null },
    messages: [{ role: 'user', content: 'x'.repeat(characters) }],
  });
  const parts = new Map<string, Prompt[]>(
    [...sizes].map(([part, size]) => [
      part,
      Array.from({ length: size }, (_, index) => prompt(`${part}-${index}`, part === 'test' ? 400 : 40)),
    ]),
  );

  it('multiplies calls by measured tokens, seconds and prices, and says what is assumed', () => {
    const given = config();
    const [one] = given.competitors;
    if (!one || 'answers' in one) throw new Error('an endpoint');
    const usage = new Map([
      [competitorPlayer(one).id, { promptTokens: 50, completionTokens: 100, seconds: 4, measured: 7 }],
    ]);
    const found = forecast({ config: given, parts, usage, trainings: new Map([['sft', 60]]) });
    const party = found.parties.find(({ name }) => name === 'one');
    // 10 test prompts once, six slices of 20.
    expect(party).toMatchObject({ calls: 130, promptTokens: 6500, completionTokens: 13_000, measured: 7 });
    expect(party?.usd).toBeCloseTo((6500 * 1 + 13_000 * 10) / 1e6);
    const start = found.steps[0];
    expect(start).toMatchObject({ step: 'start', battles: 30, calls: 30 + 60, trainingSeconds: 0 });
    expect(found.steps.find(({ step }) => step === 'r1-sft')?.trainingSeconds).toBe(60);
    expect(found.steps.find(({ step }) => step === 'r1-dpo')?.trainingSeconds).toBeNull();
    expect(found.total.calls).toBe(found.parties.reduce((sum, { calls }) => sum + calls, 0));
    expect(found.notes.join(' ')).toMatch(/Assumed.*: e, the target, two, j, late/);
  });

  it('says when a budget is too small, and whose calls it does not count', () => {
    const notes = (usd: number | null) =>
      forecast({ config: config({ budget: { usd } }), parts, usage: new Map(), trainings: new Map() }).notes.join(' ');
    expect(notes(0.01)).toContain('The budget of $0.01 will not do');
    expect(notes(1000)).toMatch(/counts nothing for (?=.*\btwo\b)(?=.*\blate\b)(?=.*\be\b)[^:]+: no price/);
    expect(notes(1000)).not.toMatch(/counts nothing for [^:]*(one|the target)/);
    expect(notes(null)).not.toContain('budget');
  });

  it('tells which share of the prompts will not fit, and divides the judge’s tokens', () => {
    const found = forecast({ config: config(), parts, usage: new Map(), trainings: new Map() });
    // 400 characters are 100 tokens, and an answer may take 40 of the target's 100: the ten test prompts of 170.
    expect(found.parties.find(({ name }) => name === 'the target')?.tooLongShare).toBeCloseTo(10 / 170);
    expect(found.notes.join(' ')).toContain('5.9% of the prompts will not fit the contextTokens of the target');
    const judges = found.parties.filter(({ role }) => role === 'judge');
    const { explanation, ...shown } = found.judgeTokens;
    expect(Object.values(shown).reduce((sum, tokens) => sum + tokens, 0)).toBeCloseTo(
      judges.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    );
    expect(explanation).toBe(150 * judges.reduce((sum, { calls }) => sum + calls, 0));
  });
});
