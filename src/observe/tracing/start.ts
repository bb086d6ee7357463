import { context, ROOT_CONTEXT, SpanStatusCode, trace, type SpanContext, type Tracer } from '@opentelemetry/api';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { EndSinks } from '../../../workflows/ended';
import type { EndpointClient } from '../../models/client';
import { programVersion } from '../../version';
import { placeOf } from '../place';
import { tracedClient } from './chat-span';
import { idsOfExecution } from './run-context';

/** Spans from a run's execution over its activities to its calls. */
export interface Tracing {
  activities: ActivityInterceptorsFactory;
  sinks: InjectedSinks<EndSinks>;
  client: (client: EndpointClient, url: string) => EndpointClient;
  /** Sends what is left. */
  close(): Promise<void>;
}

const CLOSE_MS = 5000;

/** Starts OpenTelemetry by its standard variables (exporter, protocol, headers, sampler, resource, batches). */
export async function startTracing(env: NodeJS.ProcessEnv = process.env): Promise<Tracing> {
  // Loaded here, because a worker that traces nothing should not pay for it.
  const { NodeSDK, tracing } = await import('@opentelemetry/sdk-node');
  const random = new tracing.RandomIdGenerator();
  let pinned: Pick<SpanContext, 'traceId' | 'spanId'> | null = null;
  const named = env['OTEL_SERVICE_NAME'] || /(^|,)\s*service\.name\s*=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  const sdk = new NodeSDK({
    ...(named ? {} : { serviceName: 'arena-flywheel' }),
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    idGenerator: {
      generateTraceId: () => pinned?.traceId ?? random.generateTraceId(),
      generateSpanId: () => pinned?.spanId ?? random.generateSpanId(),
    },
  });
  sdk.start();
  const tracer = trace.getTracer('arena-flywheel', programVersion());
  return {
    activities: spansOfActivities(tracer, executionOf),
    sinks: {
      execution: {
        ended: {
          fn({ workflowId, runId, workflowType, startTime, continuedFromExecutionRunId: before }, how) {
            const link =
              before === undefined ? [] : [{ context: { ...idsOfExecution(workflowId, before), traceFlags: 1 } }];
            const span = executionSpan(workflowId, runId, `RunWorkflow:${workflowType}`, {
              startTime,
              links: link,
              attributes: {
                'flywheel.run': workflowId,
                'flywheel.ended': how,
                temporalWorkflowID: workflowId,
                temporalRunID: runId,
              },
            });
            if (how === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
            span.end();
          },
        },
      },
    },
    client: (client, url) => tracedClient(tracer, client, url),
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      // A collector that does not answer must not hold a worker that stops.
      await Promise.race([sdk.shutdown().catch(() => undefined), late]);
    },
  };

  /** The span of an execution under its own ids. */
  function executionSpan(workflowId: string, runId: string, name: string, options: Parameters<Tracer['startSpan']>[1]) {
    pinned = idsOfExecution(workflowId, runId);
    try {
      return tracer.startSpan(name, options, ROOT_CONTEXT);
    } finally {
      pinned = null;
    }
  }

  /** Its place in the tree. It is started to learn whether the sampler takes this trace; only that of its end is ended, and so sent. */
  function executionOf(workflowId: string, runId: string): SpanContext {
    return { ...executionSpan(workflowId, runId, 'run', {}).spanContext(), isRemote: true };
  }
}

function spansOfActivities(
  tracer: Tracer,
  executionOf: (workflowId: string, runId: string) => SpanContext,
): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
        const { run, round, stage } = placeOf(workflowId, input.args);
        const attributes = {
          'flywheel.run': run,
          ...(round === undefined ? {} : { 'flywheel.round': round }),
          ...(stage === undefined ? {} : { 'flywheel.stage': stage }),
          'flywheel.attempt': info.attempt,
          ...{ temporalWorkflowID: workflowId, temporalRunID: runId, temporalActivityID: info.activityId },
        };
        const parent = trace.setSpanContext(ROOT_CONTEXT, executionOf(workflowId, runId));
        const span = tracer.startSpan(`RunActivity:${info.activityType}`, { attributes }, parent);
        return context.with(trace.setSpan(parent, span), async () => {
          try {
            return await next(input);
          } catch (error) {
            // Without its message: an endpoint may repeat a prompt in it. Temporal's history has it.
            span.setAttribute('error.type', typeOf(error));
            span.setStatus({ code: SpanStatusCode.ERROR });
            throw error;
          } finally {
            span.end();
          }
        });
      },
    },
  });
}

/** The type of an ApplicationFailure, or the name of another error. */
function typeOf(error: unknown): string {
  const { type, name } = (error ?? {}) as { type?: unknown; name?: unknown };
  return typeof type === 'string' ? type : typeof name === 'string' ? name : '_OTHER';
}

/** Where nothing is traced, the ends of executions are told to nobody. */
export const UNTRACED: InjectedSinks<EndSinks> = { execution: { ended: { fn: () => undefined } } };
