import { configHash } from '../../../src/config/freeze';
import { parseConfig } from '../../../src/config/load';
import { readPrompts } from '../../../src/prompts/read';
import { createDeck, splitPrompts } from '../../../src/prompts/split';

const player = (id: string) => ({ id, model: id, url: 'sandbox:' });
const minimal = {
  competitors: [player('poet'), player('clerk')],
  judge: { model: 'evaluation-judge', url: 'sandbox:' },
  prompts: { source: ['examples/arena/prompts.jsonl'] },
};

describe('a configuration without a target', () => {
  it('needs players, a judge and prompts only, and all prompts are its test set', async () => {
    const config = parseConfig(minimal);
    expect(config.rounds).toBe(0);
    const [prompts, testSet] = await Promise.all([
      readPrompts(config.prompts.source),
      readPrompts(config.evaluation.testSet ?? []),
    ]);
    const { parts } = splitPrompts(config, createDeck(config, { pool: prompts.map(({ id }) => id), testSet }));
    expect(prompts).toHaveLength(40);
    expect([...(parts.get('test') ?? [])].sort()).toEqual(prompts.map(({ id }) => id).sort());
    expect(parts.get('gate')).toEqual([]);
  });

  it('takes fewer prompts where it says so', () => {
    expect(parseConfig({ ...minimal, evaluation: { size: 7 } }).evaluation.size).toBe(7);
  });

  it('is the same when it is read back from where it was stored', () => {
    const config = parseConfig(minimal);
    const stored: unknown = JSON.parse(JSON.stringify(config));
    expect(parseConfig(stored)).toEqual(config);
    expect(configHash(parseConfig(stored))).toBe(configHash(config));
  });

  it('says that one player alone has nobody to play against', () => {
    const later = { ...player('clerk'), joins: 1 };
    for (const competitors of [[player('poet')], [player('poet'), later]])
      expect(() => parseConfig({ ...minimal, competitors })).toThrow(
        /competitors: one alone has nobody to play against/,
      );
  });
});

it('a configuration with a target draws 500 prompts as its test set', () => {
  const { evaluation, rounds } = parseConfig({ ...minimal, target: { base: '/models/base' } });
  expect({ size: evaluation.size, testSet: evaluation.testSet, rounds }).toEqual({
    size: 500,
    testSet: null,
    rounds: 3,
  });
});
