import { idsOfExecution } from '../../../src/observe/tracing/run-context';
import { tracingWanted } from '../../../src/observe/tracing/wanted';

describe('whether traces are wanted', () => {
  it.each([
    [{}, false],
    [{ OTEL_SERVICE_NAME: 'mine' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_EXPORTER: '' }, false],
    [{ OTEL_TRACES_EXPORTER: 'console' }, true],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, false],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'TRUE' }, false],
  ])('%j: %s', (env, wanted) => expect(tracingWanted(env)).toBe(wanted));
});

describe('the ids of an execution', () => {
  it('are the same for every worker and differ between executions', () => {
    const ids = idsOfExecution('support', 'a');
    expect(ids).toEqual(idsOfExecution('support', 'a'));
    expect(ids.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(idsOfExecution('support', 'b')).not.toEqual(ids);
    expect(idsOfExecution('suppor', 'ta')).not.toEqual(ids);
  });
});
