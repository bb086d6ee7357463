import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configHash } from '../../../src/config/freeze';
import { parseConfig } from '../../../src/config/load';
import { readTemplateFile } from '../../../src/judge/template-file';
import { judgeParty } from '../../../src/models/roster';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-template-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const own = [
  'name: rhymes',
  'version: 2',
  'format: mt-bench',
  'system: Judge rhymes.',
  'ask: Say [[A]], [[B]] or [[C]].',
];
function write(lines: readonly string[], name = 'own.yaml'): string {
  writeFileSync(join(folder, name), lines.join('\n'));
  return join(folder, name);
}

test('a template of the user’s own is read whole', () => {
  expect(readTemplateFile(write(own))).toEqual({
    ...{ name: 'rhymes', version: 2, format: 'mt-bench', system: 'Judge rhymes.', ask: 'Say [[A]], [[B]] or [[C]].' },
    reference: null,
  });
});

test.each<[string, string[], RegExp]>([
  ['a field that is missing', own.slice(0, 4), /own\.yaml, ask: .*see docs\/judging\.md/],
  ['another format', own.with(2, 'format: stars'), /own\.yaml, format: .*"scores"/],
  ['a field that is unknown', [...own, 'prompt: x'], /own\.yaml: .*"prompt"/],
  ['an empty text', own.with(3, 'system: " "'), /own\.yaml, system: must be a text/],
  ['broken YAML', [...own, 'a: [1'], /own\.yaml, line \d+: is not valid YAML/],
  ['no object', ['- 1'], /own\.yaml: .*A judge template has name, version/],
])('%s is one clear error with its place', (_name, lines, message) => {
  expect(() => readTemplateFile(write(lines))).toThrow(message);
});

test('a file that is not there', () => {
  expect(() => readTemplateFile(join(folder, 'none.yaml'))).toThrow(
    /none\.yaml: this judge template could not be read/,
  );
});

const judge = { url: 'http://judge/v1', model: 'j' };
const config = (more: object) =>
  parseConfig(
    {
      competitors: ['a', 'b'].map((id) => ({ id, url: 'http://players/v1', model: id })),
      prompts: { source: ['p.jsonl'] },
      judge: { ...judge, ...more },
    },
    { folder },
  );

test('the frozen configuration holds the text, and an edited file is another judge', () => {
  write(own, 'judge.yaml');
  const before = config({ template: 'judge.yaml' });
  expect(before.judge.template).toMatchObject({ name: 'rhymes', system: 'Judge rhymes.' });
  // As the worker reads it again from what was sent.
  expect(parseConfig(JSON.parse(JSON.stringify(before)))).toEqual(before);
  write(own.with(3, 'system: Judge metre.'), 'judge.yaml');
  const after = config({ template: 'judge.yaml' });
  expect(judgeParty(after.judge).id).not.toBe(judgeParty(before.judge).id);
  expect(configHash(after)).not.toBe(configHash(before));
  write(own, 'elsewhere.yml');
  expect(configHash(config({ template: 'elsewhere.yml' }))).toBe(configHash(before));
});

test('ids and hashes of judges with our own templates stay what they were before there were others', () => {
  expect(judgeParty(config({}).judge).id).toBe('e858d87061b942ef9e806f77c28b3ed0');
  expect(judgeParty(config({ responseFormat: 'json_schema', template: 'json-v1' }).judge).id).not.toBe(
    judgeParty(config({ template: 'json-v1' }).judge).id,
  );
});

test.each<[string, object, RegExp]>([
  ['an unknown template', { template: 'scores-v9' }, /judge\.template: must be scores-v1, .*\(\.yaml\)/],
  [
    'a schema for a form without one',
    { responseFormat: 'json_schema' },
    /judge\.responseFormat: .*scores-v1 has scores/,
  ],
  [
    'a mean of labels',
    { jury: { rule: 'mean', with: [{ ...judge, model: 'k', template: 'mt-bench-v1' }] } },
    /judge\.jury\.with\[0\]\.template: .*mt-bench-v1 gives no scores/,
  ],
  ['a judge twice', { jury: { with: [{ ...judge, url: 'http://other/v1' }] } }, /judge\.jury\.with\[0\]: .*already/],
])('%s is refused with its field', (_name, more, message) => {
  expect(() => config(more)).toThrow(message);
});

test('a jury is known by its members and its rule, in any order', () => {
  const jury = (models: string[], rule: string) => {
    const [first = '', ...others] = models;
    return judgeParty(
      config({ model: first, jury: { rule, with: others.map((model) => ({ ...judge, model })) } }).judge,
    );
  };
  expect(jury(['j', 'k', 'l'], 'mean')).toMatchObject({ name: 'j + k + l (mean)' });
  expect(jury(['k', 'l', 'j'], 'mean').id).toBe(jury(['j', 'k', 'l'], 'mean').id);
  expect(jury(['j', 'k', 'l'], 'majority').id).not.toBe(jury(['j', 'k', 'l'], 'mean').id);
});
