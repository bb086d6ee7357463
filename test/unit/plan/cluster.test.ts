import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchOf } from '../../../src/config/launch';
import { loadConfig } from '../../../src/config/load';
import { repositoryRoot } from '../../../src/embedded/paths';
import { CASES } from '../../../src/plan/cluster/cases';
import { clusterTables } from '../../../src/plan/cluster/document';
import { H100 } from '../../../src/plan/cluster/gpu';
import {
  cacheBytes,
  nodesFor,
  servingGpus,
  stateBytes,
  TRAINED_BYTES,
  workingBytes,
} from '../../../src/plan/cluster/memory';
import { clusterPlan, type Case } from '../../../src/plan/cluster/plan';
import { activeParameters, parameters, SHAPES } from '../../../src/plan/cluster/shapes';
import { forwardFlops, passesOf, servingGpuSeconds, trainingSeconds } from '../../../src/plan/cluster/time';
import { partSizes } from '../../../src/plan/cluster/volume';
import { forecast } from '../../../src/plan/forecast';
import type { Prompt } from '../../../src/prompts/prompt';

const cases = (): Promise<Case[]> =>
  Promise.all(
    CASES.map(async (one) => ({
      ...one,
      config: await loadConfig(join(repositoryRoot(), 'examples', 'clusters', one.file)),
    })),
  );

describe('weights', () => {
  it.each([
    ['7B', 7.24, 7.24],
    ['70B', 70.55, 70.55],
    ['8x22B', 140.6, 39.1],
  ] as const)('of %s are those that its makers state', (name, all, active) => {
    expect(parameters(SHAPES[name]) / 1e9).toBeCloseTo(all, 1);
    expect(activeParameters(SHAPES[name]) / 1e9).toBeCloseTo(active, 0);
  });
});

describe('memory', () => {
  it('is 16 bytes a trained weight: the 120 GB of ZeRO’s figure 1 for 7.5 billion, 1.9 GB on each of 64 GPUs', () => {
    expect((7.5e9 * TRAINED_BYTES) / 1e9).toBe(120);
    expect((7.5e9 * TRAINED_BYTES) / 64 / 1e9).toBeCloseTo(1.9, 1);
  });

  it('counts the models of each stage', () => {
    const weights = parameters(SHAPES['7B']);
    const per = (stage: Parameters<typeof stateBytes>[1]) => stateBytes(SHAPES['7B'], stage) / weights;
    expect([per('sft'), per('dpo'), per('reward'), per('ppo')]).toEqual([16, 18, 16, 36]);
  });

  it('of activations grows with the row, of a pair twice as fast', () => {
    const [row, pair] = (['sft', 'dpo'] as const).map(
      (stage) => workingBytes(SHAPES['7B'], stage, 4096) - workingBytes(SHAPES['7B'], stage, 2048),
    );
    expect(pair).toBe(2 * (row ?? 0));
    // 2·s·h·L + 34·s·h + 10·s·V at s = 2048.
    expect(row).toBe(2048 * (2 * 4096 * 32 + 34 * 4096 + 10 * 32_000));
  });

  it('of the cache is that of grouped-query attention: 128 KiB a token for Mistral 7B', () => {
    expect(cacheBytes(SHAPES['7B'])).toBe(128 * 1024);
  });

  it('takes whole nodes over which the batch divides, and says where nothing does', () => {
    expect(nodesFor(SHAPES['7B'], 'sft', { tokens: 4096, batch: 128 }, H100)).toBe(1);
    // Three would hold it; 128 rows do not divide over 24 GPUs.
    expect(nodesFor(SHAPES['70B'], 'sft', { tokens: 4096, batch: 128 }, H100)).toBe(4);
    expect(() => nodesFor(SHAPES['8x22B'], 'ppo', { tokens: 4096, batch: 32 }, H100)).toThrow('more than the 32 rows');
    expect(() => nodesFor(SHAPES['70B'], 'sft', { tokens: 100_000, batch: 128 }, H100)).toThrow('does not fit');
    expect(servingGpus(SHAPES['70B'], 0, H100)).toBe(2);
  });
});

describe('time', () => {
  it('is 2 operations a weight forward, and what attention adds', () => {
    expect(forwardFlops(SHAPES['7B'], 0)).toBe(2 * parameters(SHAPES['7B']));
    expect(forwardFlops(SHAPES['7B'], 4096) / forwardFlops(SHAPES['7B'], 0)).toBeCloseTo(1.07, 2);
  });

  it('of the whole of GPT-3 would be what its authors report: 3.14e23 operations for 300 billion tokens (6 N, no recomputation)', () => {
    const gpt3 = {
      ...SHAPES['7B'],
      layers: 96,
      hidden: 12_288,
      intermediate: 32_768,
      heads: 96,
      kvHeads: 96,
      vocabulary: 50_257,
    };
    expect(3 * 300e9 * forwardFlops(gpt3, 2048)).toBeGreaterThan(3.14e23);
    expect(3 * 300e9 * forwardFlops(gpt3, 2048)).toBeLessThan(3.4e23);
  });

  it('counts the passes of each stage', () => {
    expect([passesOf('sft', 2), passesOf('dpo', 2), passesOf('reward', 2), passesOf('ppo', 2)]).toEqual([4, 5, 4, 19]);
  });

  it('divides over the GPUs', () => {
    const seconds = (gpus: number) =>
      trainingSeconds(SHAPES['7B'], 'sft', { tokens: 1e9, context: 1000, ppoEpochs: 2 }, gpus, H100);
    expect(seconds(8) / seconds(16)).toBeCloseTo(2, 9);
    expect(seconds(8)).toBeCloseTo((1e9 * 4 * forwardFlops(SHAPES['7B'], 1000)) / (8 * 989e12 * 0.4), 6);
  });

  it('of serving grows with what is read and with what is written', () => {
    const of = (promptTokens: number, completionTokens: number) =>
      servingGpuSeconds(SHAPES['70B'], { calls: 1, promptTokens, completionTokens }, H100);
    expect(of(2000, 0)).toBeGreaterThan(2 * of(1000, 0));
    expect(of(1000, 200)).toBeGreaterThan(of(1000, 100));
    // 70B of weights read once for 128 calls: about 1.3 ms of a GPU for each token written.
    expect(of(0, 1)).toBeCloseTo((2 * parameters(SHAPES['70B'])) / (128 * 3.35e12 * 0.5), 3);
  });
});

describe.each(CASES)('examples/clusters/$file', ({ file, target, served }) => {
  const load = () => loadConfig(join(repositoryRoot(), 'examples', 'clusters', file));

  it('is a configuration that `plan` forecasts: the paper’s volumes, dealt as a run would', async () => {
    const config = await load();
    const sizes = partSizes(config);
    const parts = new Map(
      [...sizes].map(([part, size]) => [part, Array.from({ length: size }, (_, index) => prompt(`${part}-${index}`))]),
    );
    const { steps, total } = forecast({ config, parts, usage: new Map(), trainings: new Map() });
    // Six pairs on each prompt of nine slices, and the gates and evaluations beside them.
    expect(total.battles).toBeGreaterThan(9 * 30_000 * 6);
    expect(total.battles).toBeLessThan(1.1 * 9 * 30_000 * 6);
    expect(steps.map(({ step }) => step)).toContain('r3-ppo');
  });

  it('starts each stage on the nodes that the formulas ask for', async () => {
    const config = await load();
    const { stages } = clusterPlan({ target, config, served }, H100);
    for (const { stage, nodes } of stages) {
      const launch = launchOf(config.training, stage);
      expect({ stage, nodes: launch.nodes, gpus: launch.gpus, world: launch.world }).toEqual({
        stage,
        nodes,
        gpus: 8,
        world: 8 * nodes,
      });
    }
  });

  it('names every player that is served or has a price', async () => {
    const config = await load();
    for (const competitor of config.competitors) {
      const price = 'price' in competitor ? competitor.price : { input: 0, output: 0 };
      expect({ id: competitor.id, isServed: competitor.id in served }).toEqual({
        id: competitor.id,
        isServed: price.output === 0,
      });
    }
  });
});

const prompt = (id: string): Prompt => ({ id, messages: [{ role: 'user', content: 'x'.repeat(1000) }] }) as Prompt;

it('docs/clusters.md has the tables that the formulas give (npm run docs:clusters)', async () => {
  const document = readFileSync(join(repositoryRoot(), 'docs', 'clusters.md'), 'utf8');
  const cells = (table: string) =>
    table
      .trim()
      .split('\n')
      .filter((line) => !/^\|[\s:|-]+\|$/.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  for (const [name, wanted] of Object.entries(clusterTables(await cases(), H100))) {
    const [, found = ''] = new RegExp(`<!-- table: ${name} -->\\n\\n([^<]*)\\n\\n<!-- end -->`).exec(document) ?? [];
    expect({ name, cells: cells(found) }).toEqual({ name, cells: cells(wanted) });
  }
});
