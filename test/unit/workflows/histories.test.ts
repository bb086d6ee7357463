import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { unpacked } from '../../../histories/history';
import { SCENARIOS } from '../../../histories/scenarios';
import { bundleWorkflows, UNPATCHED } from '../../../src/bundle-workflows';
import { repositoryRoot } from '../../../src/embedded/paths';
import { MESSAGES } from '../../../workflows/messages';
import type { FlywheelInput } from '../../../workflows/types';

const folder = join(repositoryRoot(), 'test', 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
const history = (file: string) => unpacked(readFileSync(join(folder, file)));
const isOld = (file: string) => file.startsWith('before-patches');
const old = files.filter(isOld);

beforeAll(() => {
  // A replay that fails on purpose is told by its error, not in the log.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
});

/** What replaying says of each history with the workflows of a bundle: null, or its error. */
async function replayed(code: string, names: readonly string[]): Promise<Record<string, string | null>> {
  const histories = names.map((name) => ({ workflowId: 'chaos', history: history(name) }));
  const said: Record<string, string | null> = {};
  let index = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code } }, histories))
    said[names[index++] ?? ''] = error ? `${error.name}: ${error.message}` : null;
  return said;
}

const marks = (name: string) =>
  (history(name).events ?? []).filter(
    ({ markerRecordedEventAttributes: marker }) => marker?.markerName === 'core_patch',
  ).length;

it('every kept history replays with the workflows of today', async () => {
  const recorded = new Set(files.map((name) => name.replace(/-\d+\.json\.gz$/, '')));
  expect([...recorded].sort()).toEqual(['before-patches', ...SCENARIOS.map(({ name }) => name)].sort());
  const said = await replayed(await bundleWorkflows(), files);
  expect(said).toEqual(Object.fromEntries(files.map((name) => [name, null])));
});

it('each message is among them, as an update and as a signal', () => {
  const events = files.filter((name) => !isOld(name)).flatMap((name) => history(name).events ?? []);
  const names = Object.keys(MESSAGES);
  const accepted = events.map((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  expect(accepted.map((update) => update?.acceptedRequest?.input?.name)).toEqual(expect.arrayContaining(names));
  const signalled = events.map((event) => event.workflowExecutionSignaledEventAttributes);
  expect(signalled.map((signal) => signal?.signalName)).toEqual(expect.arrayContaining(names));
});

it('some were continued in the middle of an arena, and of a second one of the same step, as their own inputs tell', () => {
  const states = files.flatMap((name) => {
    const [started] = history(name).events ?? [];
    const data = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data ?? '';
    const { continued } = JSON.parse(Buffer.from(data as string, 'base64').toString()) as FlywheelInput;
    return continued?.state ?? [];
  });
  const played = states.filter(({ cursor }) => (cursor?.position ?? 0) > 0).map((state) => state.played?.length ?? 0);
  expect(played).toEqual(expect.arrayContaining([0, 1]));
});

describe('the recipe of docs/upgrading.md, by the history that is kept from before the first patch', () => {
  it('has no mark of a patch, and those of today have one', () => {
    expect(old.length).toBeGreaterThan(0);
    expect(old.map(marks)).toEqual(old.map(() => 0));
    expect(marks('pause-1.json.gz')).toBeGreaterThan(0);
  });

  it('replays with the build from before the patches, which cannot go on with a run of today', async () => {
    const said = await replayed(await bundleWorkflows(UNPATCHED), [...old, 'pause-1.json.gz']);
    expect(said).toEqual({
      ...Object.fromEntries(old.map((name) => [name, null])),
      'pause-1.json.gz': expect.stringContaining('Determinism') as string,
    });
  });

  it('does not replay where the same change is made without its patch', async () => {
    const said = await replayed(await bundleWorkflows(join(__dirname, 'always-patched')), old);
    for (const error of Object.values(said)) expect(error).toContain('Determinism');
  });
});
