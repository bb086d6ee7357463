import { createLog, logSettings, type LogSettings } from '../../../src/observe/log';
import { placeOf } from '../../../src/observe/place';

const linesOf = (settings: LogSettings, write: (log: ReturnType<typeof createLog>) => void): string[] => {
  const lines: string[] = [];
  write(createLog(settings, (line) => lines.push(line)));
  return lines;
};

describe('the log', () => {
  it('shows errors only, as text, where nothing is set', () => {
    const settings = logSettings({});
    const lines = linesOf(settings, (log) => {
      log.warn('a retry', { run: 'support' });
      log.error('it broke', { run: 'support' });
    });
    expect(lines).toEqual(['ERROR it broke\n']);
  });

  it('writes one JSON object a line, with run, round and stage, an error as its parts and no task token', () => {
    const cause = new Error('no route');
    const [line, ...none] = linesOf(logSettings({ FLYWHEEL_LOG: 'json' }), (log) => {
      log.debug('unseen');
      log.warn('Activity\nfailed', {
        ...{ run: 'support', round: 2, stage: 'dpo', taskToken: 'AAAA', attempt: 3, nothing: undefined },
        error: new Error('the endpoint failed', { cause }),
      });
    });
    expect(none).toEqual([]);
    expect(line?.endsWith('\n')).toBe(true);
    expect(line?.trimEnd()).not.toContain('\n');
    const { time, ...rest } = JSON.parse(line ?? '') as Record<string, unknown>;
    expect(Number.isNaN(Date.parse(String(time)))).toBe(false);
    expect(rest).toMatchObject({
      ...{ level: 'warn', message: 'Activity\nfailed', run: 'support', round: 2, stage: 'dpo', attempt: 3 },
      error: { name: 'Error', message: 'the endpoint failed', cause: { message: 'no route' } },
    });
    expect(rest).not.toHaveProperty('taskToken');
    expect(rest).not.toHaveProperty('nothing');
  });

  it('writes text with its fields', () => {
    const [line] = linesOf({ form: 'text', level: 'INFO' }, (log) =>
      log.info('promoted', { run: 'a', counts: { win: 1 } }),
    );
    expect(line).toMatch(/^\d{4}-.*Z INFO promoted run=a counts=\{"win":1\}\n$/);
  });

  it.each([
    [{ FLYWHEEL_LOG: 'xml' }, 'FLYWHEEL_LOG must be json or text, not "xml".'],
    [{ FLYWHEEL_LOG: 'json', FLYWHEEL_LOG_LEVEL: 'loud' }, 'FLYWHEEL_LOG_LEVEL must be one of trace, debug'],
  ])('refuses %j', (env, message) => {
    expect(() => logSettings(env)).toThrow(message);
  });
});

describe('the place of an activity', () => {
  it.each([
    [
      'a place',
      [{ run: 'x', place: { round: 2, stage: 'dpo', attempt: 1 } }],
      { run: 'support', round: 2, stage: 'dpo' },
    ],
    ['an arena', [{ arena: 'a/b/r1-sft-a3/training', from: 0 }], { run: 'support', round: 1, stage: 'sft' }],
    ['the start', [{ arena: 'support/I0/evaluation' }], { run: 'support', round: 0, stage: 'start' }],
    ['a model', [{ run: 'x', model: { label: 'r3-round-a1' } }], { run: 'support', round: 3, stage: 'round' }],
    ['neither', [{ run: 'x', state: {} }], { run: 'support' }],
    ['a foreign word', [{ arena: 7, model: { label: 'my-model' } }], { run: 'support' }],
    ['nothing', [], { run: 'support' }],
  ])('is read from %s', (_, request, expected) => {
    expect(placeOf('support', request)).toEqual(expected);
  });
});
