import { createContamination, type ContaminationSettings } from '../../../src/prompts/decontaminate/contamination';
import { contaminationMarkdown } from '../../../src/prompts/decontaminate/markdown';
import { createOverlapFinder } from '../../../src/prompts/decontaminate/overlap';
import { endpointEmbedder } from '../../../src/prompts/embed/endpoint';
import { vectorTable } from '../../../src/prompts/embed/vectors';
import { closeServers, type Handler, send, serve } from '../models/server';

afterEach(closeServers);

/** A direction in the plane, so that similarities are cosines of differences. */
const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

function found(prompts: readonly number[], tests: readonly number[], change: Partial<ContaminationSettings> = {}) {
  const settings = { rule: { similarity: 0.9 }, ngram: 0, maxShare: 0.1, ...change };
  const contamination = createContamination(
    tests.map((test) => `test ${test}`),
    vectorTable(tests.map(at)),
    settings,
  );
  prompts.forEach((prompt) => contamination.add(`prompt ${prompt}`, at(prompt)));
  return contamination.finish().map(({ prompt, test }) => [prompts[prompt], tests[test]]);
}

describe('createContamination', () => {
  it('drops what is similar enough, beside the test that it is most similar to', () =>
    expect(found([0, 20, 30, 100, 200], [0, 28, 110])).toEqual([
      [0, 0],
      [20, 28],
      [30, 28],
      [100, 110],
    ]));

  it('drops the nearest to each test, each prompt once, the earlier of equally near ones', () => {
    const far = Array.from({ length: 40 }, (_, index) => 180 + index);
    expect(found([50, 1, 3, 2, 1, ...far], [0, 4], { rule: { nearest: 2 } })).toEqual([
      [1, 0],
      [3, 4],
      [2, 4],
      [1, 0],
    ]);
  });

  it('gives the same by given numbers, in whatever order prompts come', () => {
    const prompts = [50, 1, 1, 3, 3, 3, ...Array.from({ length: 40 }, (_, index) => 180 + index)];
    const numbered = prompts.map((prompt, number) => ({ prompt, number }));
    const inOrder = (order: typeof numbered) => {
      const contamination = createContamination(['a', 'b'], vectorTable([at(0), at(4)]), {
        ...{ rule: { nearest: 2 }, ngram: 0, maxShare: 0.1 },
      });
      for (const { prompt, number } of order) contamination.add('', at(prompt), number);
      return contamination.finish();
    };
    const pairs = inOrder(numbered);
    expect(pairs.map(({ prompt, test }) => [prompt, test])).toEqual([
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
    ]);
    expect(inOrder(numbered.toReversed())).toEqual(pairs);
    expect(inOrder(numbered.toSorted((a, b) => ((a.number * 7) % 46) - ((b.number * 7) % 46)))).toEqual(pairs);
  });

  it('drops nothing where the nearest are too much of the pool, and offers similarities', () =>
    expect(() => found([0, 10, 90, 95, 100], [0], { rule: { nearest: 1 } })).toThrow(
      /are 1 of 5 \(20\.0%\), more than 10\.0%\. Nothing was dropped\..*0\.8 drops 40\.0%.*0\.95 drops 40\.0%/,
    ));
});

describe('createOverlapFinder', () => {
  const finder = createOverlapFinder(['one two three four five', 'Short one', '…'], 4);
  it.each([
    ['So: ONE, two;  three four!', { test: 0, words: 'one two three four' }],
    ['and two three four five too', { test: 0, words: 'two three four five' }],
    ['one two three and four five', null],
    ['short ONE?', { test: 1, words: 'short one' }],
    ['a short one of many words', null],
    ['', null],
  ])('%s', (text, result) => expect(finder.find(text)).toEqual(result));
});

it('quotes hostile texts so that nothing in them is Markdown', () => {
  const text = '````\n# <script>';
  const pair = { similarity: 0.95, shared: null, prompt: { file: 'a', line: 1, text }, test: { source: 'b', text } };
  const markdown = contaminationMarkdown('p', {
    rows: 2,
    dropped: 1,
    tests: 1,
    embedder: 'e',
    lexical: false,
    pairs: [pair],
  });
  expect(markdown).toContain('`````text\n````\n# <script>\n`````');
});

describe('endpointEmbedder', () => {
  const body = (vectors: number[][]) =>
    JSON.stringify({
      object: 'list',
      model: 'm',
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })).reverse(),
      usage: { prompt_tokens: 1, total_tokens: 1 },
    });
  const always =
    (...bodies: [number, string][]): Handler =>
    (response, _seen, index) => {
      const [status, text] = bodies[Math.min(index, bodies.length - 1)]!;
      send(response, status, text);
    };
  const embedderAt = (url: string) => endpointEmbedder({ url, model: 'm', key: 'sk-secret', batch: 2, retries: 1 });

  it('sends batches, keeps the order, makes lengths 1, repeats after a passing error', async () => {
    const { url, seen } = await serve(
      always(
        [503, '{}'],
        [
          200,
          body([
            [3, 4],
            [0, 2],
          ]),
        ],
        [200, body([[5, 0]])],
      ),
    );
    const vectors = await embedderAt(url).embed(['a', 'b', 'c']);
    expect(vectors.map((vector) => [...vector].map((number) => Number(number.toFixed(4))))).toEqual([
      [0.6, 0.8],
      [0, 1],
      [1, 0],
    ]);
    expect(seen.map(({ path, body: sent }) => [path, (sent as { input: string[] }).input])).toEqual([
      ['/v1/embeddings', ['a', 'b']],
      ['/v1/embeddings', ['a', 'b']],
      ['/v1/embeddings', ['c']],
    ]);
  });

  it.each([
    [body([[1, 0]]), /1 vectors came for 2 texts/],
    [
      body([
        [1, 0],
        [1, 0, 0],
      ]),
      /a vector of 3 numbers came after one of 2/,
    ],
    [
      body([
        [1, 0],
        [0, 0],
      ]),
      /zero or has no finite numbers/,
    ],
    ['{}', /the reply is not that of \/embeddings \(data/],
    ['"no"', /the reply is not that of \/embeddings/],
    ['{"data": [{"index": 0, "embedding": null}]}', /\(data\.0\.embedding/],
    ['{"data": [{"embedding": [1]}, {"embedding": [1]}]}', /\(data\.0\.index/],
    ['{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}', /their indexes are wrong/],
  ])('refuses wrong answers', async (answer, sentence) => {
    const { url } = await serve(always([200, answer]));
    await expect(embedderAt(url).embed(['a', 'b'])).rejects.toThrow(sentence);
  });

  it('says where it failed, without the key', async () => {
    const { url } = await serve(always([401, '{"error": {"message": "bad key sk-secret"}}']));
    const error: unknown = await embedderAt(url)
      .embed(['a'])
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/The embeddings of m at .*401/);
    expect(String(error)).not.toContain('sk-secret');
  });
});
