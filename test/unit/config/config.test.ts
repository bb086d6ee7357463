import { configHash } from '../../../src/config/freeze';
import { parseConfig } from '../../../src/config/load';
import { configJsonSchema, type ConfigInput } from '../../../src/config/schema';

const minimal = (): ConfigInput => ({
  target: { base: 'base' },
  competitors: [{ id: 'rival', url: 'http://127.0.0.1:8000/v1', model: 'rival' }],
  judge: { url: 'http://127.0.0.1:8000/v1', model: 'judge' },
  prompts: { source: ['prompts.jsonl'] },
});
const parse = (config: unknown) => parseConfig(config, { where: 'test.yaml', folder: '/conf' });

describe('parseConfig', () => {
  it('fills in the paper’s defaults and makes paths absolute', () => {
    const config = parse(minimal());
    expect(config).toMatchObject({
      rounds: 3,
      stages: ['sft', 'dpo', 'ppo'],
      sft: { epochs: 3, learningRate: 5e-6, batch: 128, threshold: [3, 1, 1] },
    });
    expect(config.dpo).toMatchObject({ epochs: 2, learningRate: 5e-7, beta: 0.3 });
    expect(config.ppo).toMatchObject({ learningRate: 1e-7, klCoefficient: 0.4 });
    expect(config.prompts.source).toEqual(['/conf/prompts.jsonl']);
    expect(config.target?.base).toBe('/conf/base');
  });

  it.each([
    ['a misspelt key', { ...minimal(), competitor: [] }, 'competitor: no such setting; did you mean "competitors"?'],
    [
      'a misspelt key inside',
      { ...minimal(), sft: { learningrate: 1 } },
      'sft.learningrate: no such setting; did you mean "learningRate"?',
    ],
    [
      'a misspelt key of a competitor',
      { ...minimal(), competitors: [{ id: 'a', url: 'http://x/v1', model: 'm', concurency: 3 }] },
      'competitors[0].concurency: no such setting; did you mean "concurrency"?',
    ],
    ['a number out of range', { ...minimal(), gate: { margin: 2 } }, 'gate.margin: Too big'],
    [
      'a key in clear',
      { ...minimal(), judge: { url: 'http://x/v1', model: 'm', key: 'sk-123' } },
      'judge.key: must name an environment variable as env:NAME',
    ],
    [
      'a wrong address',
      { ...minimal(), judge: { url: 'gpu1:8000', model: 'm' } },
      'judge.url: must be an http(s) address',
    ],
    [
      'two competitors of one name',
      { ...minimal(), competitors: [minimal().competitors[0], minimal().competitors[0]] },
      'competitors[1].id: "rival" names two competitors',
    ],
    [
      'nobody from the start',
      { ...minimal(), competitors: [{ ...minimal().competitors[0], joins: 1 }] },
      'at least one competitor must be there from round 0',
    ],
    [
      'an unknown anchor',
      { ...minimal(), anchor: { model: 'nobody', rating: 1000 } },
      'anchor.model: must be the id of a competitor',
    ],
  ])('names the path and the cure of %s', (_name, config, sentence) => {
    expect(() => parse(config)).toThrow(sentence);
  });

  it('says which configuration it speaks of', () => expect(() => parse({})).toThrow(/^In test\.yaml:/));
});

describe('configHash', () => {
  const hashWith = (change: Partial<ConfigInput>) => configHash(parse({ ...minimal(), ...change }));
  const rival = minimal().competitors[0];

  it('is what it was before settings were added that stand at what held then', () => {
    expect(hashWith({})).toBe('599a945bf089297e06e4a4092c079c53');
    const said: Partial<ConfigInput> = {
      sft: { data: 'accumulate' },
      dpo: { reference: 'init' },
      ppo: { reference: 'init', data: 'accumulate', rewardModel: { init: 'policy' } },
    };
    expect(hashWith(said)).toBe(hashWith({}));
  });

  it('stays when only the way to reach things changes', () => {
    const moved = {
      ...rival,
      url: 'https://elsewhere/v1',
      key: 'env:KEY',
      concurrency: 99,
      price: { input: 1 },
    } as ConfigInput['competitors'][0];
    expect(hashWith({ competitors: [moved], rounds: 7, budget: { usd: 5 } })).toBe(hashWith({}));
  });

  it.each<[string, Partial<ConfigInput>]>([
    ['a model', { competitors: [{ ...rival, model: 'other' } as ConfigInput['competitors'][0]] }],
    ['a threshold', { sft: { threshold: [2] } }],
    ['the seed', { seed: 1 }],
    ['what data accumulate', { dpo: { data: 'round' } }],
    ['whom PPO is held to', { ppo: { reference: 'I0' } }],
    ['where the reward model starts', { ppo: { rewardModel: { init: 'I0' } } }],
    ['what is kept from leaking', { prompts: { source: ['prompts.jsonl'], decontaminate: [] } }],
    [
      'the judge’s sampling',
      { judge: { url: 'http://127.0.0.1:8000/v1', model: 'judge', sampling: { temperature: 1 } } },
    ],
  ])('changes with %s', (_name, change) => expect(hashWith(change)).not.toBe(hashWith({})));
});

it('has a JSON Schema with descriptions', () => {
  expect(configJsonSchema()).toMatchObject({
    type: 'object',
    properties: { sft: { properties: { epochs: { default: 3 } } } },
  });
});

it('knows an embedding by its model and revision, not by its address', () => {
  const hashWith = (embedding: object | null) =>
    configHash(parse({ ...minimal(), prompts: { source: ['prompts.jsonl'], clusters: 3, embedding } }));
  const one = { url: 'http://gpu1:8000/v1', model: 'bge-m3' };
  expect(hashWith(one)).toBe(hashWith({ ...one, url: 'http://gpu2:8000/v1', key: 'env:KEY' }));
  const hashes = [null, one, { ...one, revision: '2' }, { onnx: 'models/minilm' }].map(hashWith);
  expect(new Set(hashes).size).toBe(4);
  const { prompts } = parse({ ...minimal(), prompts: { source: ['p.jsonl'], embedding: { onnx: 'models/minilm' } } });
  expect(prompts.embedding).toEqual({ onnx: '/conf/models/minilm' });
  expect(() =>
    parse({ ...minimal(), prompts: { source: ['p.jsonl'], embedding: { url: 'gpu1', model: 'm' } } }),
  ).toThrow(/prompts\.embedding\.url: must be an http/);
});
