import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configHash, gatesInRun } from '../../../src/config/freeze';
import { loadConfig, parseConfig } from '../../../src/config/load';
import { configJsonSchema, type ConfigInput } from '../../../src/config/schema';

const player = { id: 'other', url: 'http://gpu:8000/v1', model: 'other' };
const least: ConfigInput = {
  target: { base: 'models/base' },
  competitors: [player],
  judge: { url: 'http://gpu:8001/v1', model: 'judge' },
  prompts: { source: ['prompts.jsonl'] },
};

/** The lines with which a configuration is refused. */
function refusal(change: Record<string, unknown>): string[] {
  try {
    parseConfig({ ...least, ...change });
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
  throw new Error('the configuration was accepted');
}

describe('defaults', () => {
  it("are the paper's, and paths become absolute from the configuration's folder", () => {
    const config = parseConfig(
      { ...least, competitors: [player, { id: 'recorded', answers: 'answers.jsonl' }], evaluation: { testSet: ['test.jsonl', '/abs.jsonl'] }, start: { sft: 'd0.jsonl' } },
      { folder: '/runs/a' },
    );
    expect(config).toMatchObject({
      rounds: 3,
      stages: ['sft', 'dpo', 'ppo'],
      target: { base: '/runs/a/models/base', serve: { kind: 'local' } },
      start: { sft: '/runs/a/d0.jsonl' },
      prompts: { source: ['/runs/a/prompts.jsonl'] },
      evaluation: { testSet: ['/runs/a/test.jsonl', '/abs.jsonl'], judge: null },
      sft: { threshold: [3, 1, 1], epochs: 3, learningRate: 5e-6, batch: 128, maxLength: 4096 },
      dpo: { threshold: [2, 2, 2], epochs: 2, learningRate: 5e-7, beta: 0.3 },
      ppo: { epochs: 1, learningRate: 1e-7, klCoefficient: 0.4, rewardModel: { epochs: 1, learningRate: 1e-6, minAccuracy: 0.55 } },
      gate: { prompts: 300, rule: 'not-worse', confidence: 0.95 },
      anchor: null,
    });
    expect(config.competitors[1]).toEqual({ id: 'recorded', answers: '/runs/a/answers.jsonl', revision: null, joins: 0 });
  });

  it('have a JSON Schema that knows the settings', () => {
    const schema = configJsonSchema() as { properties: Record<string, unknown>; required: string[]; additionalProperties: boolean };
    expect(schema.required).toEqual(expect.arrayContaining(['competitors', 'judge', 'prompts']));
    expect(schema.required).not.toContain('rounds');
    expect(schema.properties).toMatchObject({ rounds: { default: 3, maximum: 100 }, gate: expect.anything() });
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('a wrong configuration', () => {
  it.each([
    [{ ruonds: 2 }, 'ruonds: no such setting; did you mean "rounds"?'],
    [{ sft: { learning_rate: 1 } }, 'sft.learning_rate: no such setting; did you mean "learningRate"?'],
    [{ ppo: { rewardModel: { minAcuracy: 1 } } }, 'ppo.rewardModel.minAcuracy: no such setting; did you mean "minAccuracy"?'],
    [{ competitors: [{ ...player, modle: 'x' }] }, 'competitors[0].modle: no such setting; did you mean "model"?'],
    [{ target: { base: 'b', serve: { kind: 'local', thread: 1 } } }, 'target.serve.thread: no such setting; did you mean "threads"?'],
  ])('%j: names the setting that was meant', (change, line) => {
    expect(refusal(change)).toEqual([line]);
  });

  it('lists what is known where nothing is near', () => {
    expect(refusal({ budget: { xyzzy: 3 } })).toEqual(['budget.xyzzy: no such setting; known here: usd']);
  });

  it.each([
    [{ rounds: 'three' }, 'rounds: Invalid input: expected number, received string'],
    [{ rounds: 1.5 }, 'rounds: Invalid input: expected int, received number'],
    [{ gate: { margin: 0.7 } }, 'gate.margin: Too big: expected number to be <=0.5'],
    [{ sft: { threshold: [1, 12] } }, 'sft.threshold[1]: Too big: expected number to be <=9'],
    [{ judge: { ...least.judge, url: 'gpu:8001' } }, 'judge.url: must be an http(s) address such as http://gpu1:8000/v1, or "sandbox:"'],
    [{ judge: { ...least.judge, key: 'sk-secret' } }, 'judge.key: must name an environment variable as env:NAME; a key itself never stands in a configuration'],
    [{ stages: ['sft', 'dpo', 'sft'] }, 'stages: a stage stands twice; each of sft, dpo, ppo comes once in a round at most'],
    [{ competitors: [player, player] }, 'competitors[1].id: "other" names two competitors; give each an id of its own'],
    [{ competitors: [{ ...player, joins: 1 }] }, 'competitors: at least one competitor must be there from round 0 (joins: 0): it holds the scale'],
    [{ anchor: { model: 'nobody', rating: 1000 } }, 'anchor.model: must be the id of a competitor that is there from round 0'],
  ])('%j: one line with the path', (change, line) => {
    expect(refusal(change)).toEqual([line]);
  });

  it('speaks of the kind of competitor that was meant', () => {
    expect(refusal({ competitors: [{ id: 'a', url: 'http://gpu/v1', mdoel: 'x' }] })).toEqual([
      'competitors[0].model: Invalid input: expected string, received undefined',
      'competitors[0].mdoel: no such setting; did you mean "model"?',
    ]);
    expect(refusal({ competitors: [{ id: 'a', answers: 'a.jsonl', temperature: 1 }] })[0]).toContain('competitors[0].temperature: no such setting');
  });

  it('lists every fault', () => {
    expect(refusal({ rounds: -1, gate: { promts: 3 }, prompts: {} })).toHaveLength(3);
  });

  it('is never told with a key in it', () => {
    expect(refusal({ judge: { ...least.judge, key: 'sk-secret' } }).join()).not.toContain('sk-secret');
  });
});

describe('a configuration file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flywheel-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('may be YAML or JSON; its faults name the file', async () => {
    const yaml = join(folder, 'run.yaml');
    writeFileSync(yaml, 'target: {base: b}\ncompetitors: [{id: a, url: "http://x/v1", model: m}]\njudge: {url: "http://x/v1", model: j}\nprompts: {source: [p.jsonl]}\n');
    expect((await loadConfig(yaml)).prompts.source).toEqual([join(folder, 'p.jsonl')]);
    const json = join(folder, 'run.json');
    writeFileSync(json, JSON.stringify(least));
    expect((await loadConfig(json)).target?.base).toBe(join(folder, 'models/base'));
    writeFileSync(yaml, 'rounds: [1\n');
    await expect(loadConfig(yaml)).rejects.toThrow(`The configuration ${yaml} is not valid YAML`);
    await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml could not be read: .*Give the path of a YAML or JSON file/);
  });
});

describe('the frozen hash', () => {
  const hash = (change: Partial<ConfigInput>) => configHash(parseConfig({ ...least, ...change }, { folder: '/runs' }));
  const same = hash({});

  it.each<[string, Partial<ConfigInput>]>([
    ['a moved endpoint', { judge: { ...least.judge, url: 'http://elsewhere/v1' } }],
    ['another key', { competitors: [{ ...player, key: 'env:OTHER' }] }],
    ['a price', { competitors: [{ ...player, price: { input: 3 } }] }],
    ['concurrency and retries', { judge: { ...least.judge, concurrency: 99, retries: 1, timeoutSeconds: 5 } }],
    ['rounds', { rounds: 9 }],
    ['budget', { budget: { usd: 5 } }],
    ['where training and serving happen', { training: { threads: 8, dtype: 'bfloat16' }, target: { base: 'models/base', serve: { kind: 'endpoint', url: 'http://gpu/v1' } } }],
    ['the window of battles', { arena: { batch: 7, window: 2 } }],
    ['name, pauses and heartbeats', { name: 'other', pauseAfter: 'stage', heartbeat: { batchSeconds: 3 } }],
  ])('does not change with %s', (_, change) => {
    expect(hash(change)).toBe(same);
  });

  it.each<[string, Partial<ConfigInput>]>([
    ["the judge's model", { judge: { ...least.judge, model: 'another' } }],
    ["the judge's revision", { judge: { ...least.judge, revision: '2' } }],
    ["a competitor's sampling", { competitors: [{ ...player, sampling: { temperature: 0.1 } }] }],
    ['a threshold', { sft: { threshold: [2] } }],
    ['the base', { target: { base: 'models/other' } }],
    ['the seed', { seed: 1 }],
    ['the stages', { stages: ['sft'] }],
    ["the gate's prompts", { gate: { prompts: 10 } }],
    ['the kind of pairs', { arena: { pairs: 'target' } }],
  ])('changes with %s', (_, change) => {
    expect(hash(change)).not.toBe(same);
  });
});

it('a run holds a gate after each stage and one after each round', () => {
  expect(gatesInRun({ rounds: 3, stages: ['sft', 'dpo', 'ppo'] })).toBe(12);
  expect(gatesInRun({ rounds: 0, stages: ['sft'] })).toBe(0);
});
