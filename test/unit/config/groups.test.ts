import { configSchema, type ConfigInput } from '../../../src/config/schema';

const process = (units: number, name = 'node') => ({ group: { name, units }, start: ['serve'] });
const endpoint = (id: string, units?: number) => ({
  ...{ id, model: id, url: `http://127.0.0.1/${id}/v1` },
  ...(units === undefined ? {} : { process: process(units) }),
});

const config = (change: Partial<ConfigInput> = {}): ConfigInput => ({
  groups: { node: 8 },
  arena: { order: 'phased' },
  target: { base: '/base', serve: { kind: 'local', process: { group: { name: 'node', units: 8 } } } },
  competitors: [endpoint('a', 4), endpoint('b', 8)],
  judge: { model: 'j', url: 'http://127.0.0.1/j/v1', process: process(8) },
  prompts: { source: ['prompts.jsonl'] },
  training: { kind: 'local', process: { group: { name: 'node', units: 8 } } },
  ...change,
});

/** What is wrong with a configuration, each as `path: message`. */
function problems(change: Partial<ConfigInput>): string[] {
  const { error } = configSchema.safeParse(config(change));
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('everything in turns on one node fits', () => {
  expect(problems({})).toEqual([]);
});

test('names a group that is not there, and one that is too small', () => {
  expect(problems({ groups: {} })[0]).toBe(
    'competitors.0.process.group.name: there is no group "node"; say what it has, for example groups: { node: 8 }',
  );
  expect(problems({ groups: { node: 4 } })).toContain(
    'competitors.1.process.group.units: competitor b needs 8 units of node, which has 4',
  );
});

test('streamed battles need all of them at once', () => {
  expect(problems({ arena: {} })).toEqual([
    'arena.order: streamed needs competitor a, competitor b, target, judge at the same time: 28 units of node, which has 8; phased asks one after the other',
  ]);
  const fits = { competitors: [endpoint('a', 2), endpoint('b')], groups: { node: 18 }, arena: {} };
  expect(problems(fits)).toEqual([]);
});

test("a jury's members judge together, in whatever order", () => {
  const member = { model: 'k', url: 'http://127.0.0.1/k/v1', process: process(4) };
  const judge = { ...member, process: process(5), jury: { with: [member] } };
  expect(problems({ judge })).toEqual(['judge: the members of the jury need 9 units of node together, which has 8']);
});

test('refuses commands that nothing comes of', () => {
  const stopsOnly = { group: { name: 'node', units: 8 }, stop: ['stop'] };
  expect(problems({ training: { kind: 'local', process: stopsOnly } })).toEqual([
    'training.process.start: is missing: what is not started here is not stopped or waited for',
  ]);
  const serve = { kind: 'local' as const, process: process(8) };
  expect(problems({ target: { base: '/base', serve } })).toEqual([
    'target.serve.process.start: the worker starts these servers itself; give the group only',
  ]);
});
