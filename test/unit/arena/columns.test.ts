import * as fc from 'fast-check';
import { tableOf } from '../../../src/arena/battle-table';
import { clusterUnits } from '../../../src/arena/clusters';
import { sfc32 } from '../../../src/arena/random';
import { rate, rateTable } from '../../../src/arena/rate';
import { readBattles } from '../../../src/arena/read-battles';
import { tallyTable } from '../../../src/arena/tally';
import type { Observation } from '../../../src/arena/types';
import { temporaryFile } from './helpers';

const MODELS = ['alpha', 'beta', 'Γάμμα', 'delta "4"', 'e,psilon'];
const WINNERS = { 0: 'model_b', 0.5: 'tie', 1: 'model_a' } as const;

/** Battles of one weight, or of several: the two are counted by different code. */
const battles = fc.constantFrom([1], [0.5], [1, 3]).chain((weights) =>
  fc.array(
    fc
      .record({
        pair: fc.shuffledSubarray(MODELS, { minLength: 2, maxLength: 2 }),
        score: fc.constantFrom(0 as const, 0.5 as const, 1 as const),
        weight: fc.constantFrom(...weights),
        prompt: fc.integer({ min: 0, max: 6 }).map((number) => `p${number}`),
      })
      .map(({ pair: [a = '', b = ''], ...rest }): Observation => ({ a, b, ...rest })),
    { minLength: 1, maxLength: 60 },
  ),
);

const asJsonl = (observations: readonly Observation[]) =>
  observations
    .map(({ a, b, score, weight, prompt }) =>
      JSON.stringify({ model_a: a, model_b: b, winner: WINNERS[score], prompt_id: prompt, weight }),
    )
    .join('\n');

const quoted = (name: string) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

const asCsv = (observations: readonly Observation[]) =>
  [
    'model_a,model_b,winner,prompt_id,weight',
    ...observations.map(({ a, b, score, weight, prompt }) =>
      [quoted(a), quoted(b), WINNERS[score], prompt, weight].join(','),
    ),
  ].join('\n');

test('the same ratings, counts and intervals from objects, CSV bytes and JSONL bytes', () =>
  fc.assert(
    fc.asyncProperty(battles, fc.constantFrom('prompt' as const, 'battle' as const), async (observations, resample) => {
      const options = { rounds: 20, seed: 3, resample };
      const expected = rate(observations, options);
      for (const [name, text] of [
        ['battles.csv', asCsv(observations)],
        ['battles.jsonl', asJsonl(observations)],
      ] as const) {
        const { table } = await readBattles(temporaryFile(name, text));
        expect(rateTable(table, options)).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  ));

test('counts in columns are those of adding up battle by battle', () =>
  fc.assert(
    fc.property(battles, (observations) => {
      const { models, wins, ties, losses } = tallyTable(tableOf(observations));
      models.forEach((model, index) => {
        const sum = (asA: number) =>
          observations
            .filter(({ a, b, score }) => (a === model && score === asA) || (b === model && score === 1 - asA))
            .reduce((total, { weight }) => total + weight, 0);
        expect([wins[index], ties[index], losses[index]]).toEqual([sum(1), sum(0.5), sum(0)]);
      });
    }),
  ));

test('prompts as codes are resampled as prompts spelt out', () =>
  fc.assert(
    fc.property(battles, fc.nat(), (observations, seed) => {
      const { counts, byPrompt, clusters } = tallyTable(tableOf(observations));
      const resample = (units: ReturnType<typeof byPrompt>) => {
        const into = { ...counts, games: counts.games.slice(), scores: counts.scores.slice() };
        units.resampler(sfc32(seed))(into);
        return into;
      };
      expect(resample(byPrompt())).toEqual(resample(clusterUnits(clusters('prompt'), counts.games.length)));
    }),
  ));
