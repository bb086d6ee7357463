import * as fc from 'fast-check';
import { sfc32, uniform } from '../../../src/arena/random';
import { parseConfig } from '../../../src/config/load';
import { createAssignment, fitCentroids, rowsToFit } from '../../../src/prompts/cluster/k-means';
import { typicalWords } from '../../../src/prompts/cluster/label';
import { clusterPrompts } from '../../../src/prompts/cluster/cluster-prompts';
import { lexicalEmbedder } from '../../../src/prompts/embed/lexical';
import { dotAt, vectorTable } from '../../../src/prompts/embed/vectors';
import { inOnePage } from '../../../src/prompts/pages';
import { promptId, type Prompt } from '../../../src/prompts/prompt';
import { createDeck, splitPrompts } from '../../../src/prompts/split';
import { spread } from '../../../src/prompts/spread';

const promptOf = (content: string): Prompt => {
  const messages = [{ role: 'user' as const, content }];
  return { id: promptId(messages), messages, category: null, source: 'test', originalId: null };
};

/** Points around `k` far corners, in turn. */
function blobs(rows: number, k: number): Float32Array[] {
  const random = sfc32(5);
  return Array.from({ length: rows }, (_, row) =>
    Float32Array.from({ length: k }, (_none, at) => (at === row % k ? 10 : 0) + uniform(random) / 10),
  );
}

async function kMeans(vectors: readonly Float32Array[], k: number, seed: number) {
  const assigning = createAssignment(await fitCentroids(vectorTable(vectors), { k, seed }), vectors.length);
  for (const vector of vectors) assigning.add(vector);
  return assigning.finish();
}

describe('kMeans', () => {
  it('finds groups that are apart, the same ones by the same seed', async () => {
    const vectors = blobs(600, 6);
    const { assignment, sizes } = await kMeans(vectors, 6, 1);
    expect([...sizes]).toEqual([100, 100, 100, 100, 100, 100]);
    assignment.forEach((cluster, row) => expect(cluster).toBe(assignment[row % 6]));
    expect((await kMeans(vectors, 6, 1)).assignment).toEqual(assignment);
  });

  it('leaves no cluster empty, also where rows are equal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        async (values, seed) => {
          const k = 1 + (seed % values.length);
          const { sizes, assignment } = await kMeans(
            values.map((value) => Float32Array.of(value, 1)),
            k,
            seed,
          );
          expect(Math.min(...sizes)).toBeGreaterThan(0);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(values.length);
          expect([...sizes]).toEqual(
            [...sizes.keys()].map((one) => assignment.filter((cluster) => cluster === one).length),
          );
        },
      ),
    );
  });
});

describe('the lexical embedding', () => {
  it('gives one vector of length 1 per text, nearer for texts on one subject', async () => {
    const [bread, rolls, war, empty] = await lexicalEmbedder().embed([
      'How do I bake sourdough bread at home?',
      'Baking bread rolls: which oven temperature for sourdough?',
      'Who won the naval battle of Trafalgar in 1805?',
      '',
    ]);
    const dot = (a: Float32Array, b: Float32Array) => dotAt(a, 0, b, 0, a.length);
    for (const vector of [bread!, rolls!, war!, empty!]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(dot(bread!, rolls!)).toBeGreaterThan(dot(bread!, war!) + 0.2);
  });
});

it('labels clusters by words that others have not', () =>
  expect(
    typicalWords(['bake the bread', 'bread and butter, please', 'sail the ship', 'ship at sea, please'], {
      assignment: [0, 0, 1, 1],
      k: 2,
      words: 1,
    }),
  ).toEqual([['bread'], ['ship']]));

it('groups prompts by their subject', async () => {
  const subjects = ['bread oven flour', 'ship harbour sail', 'matrix vector eigenvalue'];
  const prompts = Array.from({ length: 30 }, (_, index) => promptOf(`${subjects[index % 3]} number ${index}`));
  const { clusters, labels } = await clusterPrompts(inOnePage(prompts), {
    embedder: lexicalEmbedder(),
    k: 3,
    seed: 2,
  });
  expect(labels.map(({ prompts: count }) => count)).toEqual([10, 10, 10]);
  prompts.forEach(({ id }, index) => expect(clusters.get(id)).toBe(clusters.get(prompts[index % 3]!.id)));
});

it('fits groups on a sample and finds the prompts of a larger pool in them, page by page', async () => {
  const subjects = ['bread oven', 'ship sail', 'matrix vector'];
  const rows = rowsToFit(3) + 700;
  let embedded = 0;
  const words = lexicalEmbedder();
  const embedder = { ...words, embed: (texts: readonly string[]) => ((embedded += texts.length), words.embed(texts)) };
  const page = (from: number) =>
    Array.from({ length: 1000 }, (_, index) => from + index)
      .filter((row) => row < rows)
      .map((row) => ({
        ...promptOf('x'),
        id: `${row}`,
        messages: [{ role: 'user' as const, content: `${subjects[row % 3]}` }],
      }));
  const { clusters, labels } = await clusterPrompts(
    {
      rows,
      async *pages() {
        for (let from = 0; from < rows; from += 1000) yield await Promise.resolve(page(from));
      },
    },
    { embedder, k: 3, seed: 1 },
  );
  expect(embedded).toBe(rows + rowsToFit(3));
  expect(clusters.size).toBe(rows);
  expect(labels.map(({ words: own }) => own.toSorted().join(' ')).toSorted()).toEqual([
    'bread oven',
    'matrix vector',
    'sail ship',
  ]);
  expect(labels.reduce((sum, { prompts }) => sum + prompts, 0)).toBe(rows);
});

it.each([0, 4, 1.5])('refuses %d clusters of 3 prompts', (k) =>
  expect(
    clusterPrompts(inOnePage(['a', 'b', 'c'].map(promptOf)), { embedder: lexicalEmbedder(), k, seed: 1 }),
  ).rejects.toThrow(/clusters of 3 prompts: give a whole number from 1 to 3/),
);

describe('splits over clusters', () => {
  it('hold each cluster in its share, and each prompt once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 20, maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (clusterOf, size, seed) => {
          const ids = clusterOf.map((_, index) => `p${index}`);
          const clusters = new Map(ids.map((id, index) => [id, clusterOf[index]!]));
          const order = spread(ids, clusters, seed);
          expect([...order].sort()).toEqual([...ids].sort());
          const kinds = new Set(clusterOf);
          const stretch = order.slice(3, 3 + size);
          for (const cluster of kinds) {
            const share = clusterOf.filter((one) => one === cluster).length / ids.length;
            const there = stretch.filter((id) => clusters.get(id) === cluster).length;
            expect(Math.abs(there - share * stretch.length)).toBeLessThanOrEqual(1 + share * kinds.size);
          }
        },
      ),
    );
  });

  it('deal exact, disjoint parts in which no cluster is left out', () => {
    const pool = Array.from({ length: 120 }, (_, index) => promptOf(`prompt ${index}`));
    const clusters = new Map(pool.map(({ id }, index) => [id, index % 4 === 0 ? 0 : 1]));
    const config = parseConfig({
      name: 'split',
      target: { base: '/models/base' },
      competitors: [{ id: 'one', url: 'sandbox:', model: 'poet' }],
      judge: { url: 'sandbox:', model: 'data-judge' },
      prompts: { source: ['pool:chats'], slices: 6, sliceSize: 8, clusters: 2 },
      rounds: 1,
      gate: { prompts: 2 },
      evaluation: { size: 40 },
    });
    const { parts } = splitPrompts(config, createDeck(config, { pool: pool.map(({ id }) => id), clusters }), clusters);
    const dealt = [...parts.values()].flat();
    expect(new Set(dealt).size).toBe(dealt.length);
    for (const [part, ids] of parts) {
      if (part !== 'gate') expect(ids).toHaveLength(part === 'test' ? 40 : 8);
      const rare = ids.filter((id) => clusters.get(id) === 0).length;
      expect(Math.abs(rare - ids.length / 4)).toBeLessThanOrEqual(1);
    }
  });
});
