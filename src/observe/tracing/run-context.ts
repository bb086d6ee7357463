import type { SpanContext } from '@opentelemetry/api';
import { sha256 } from '../../identity';

/**
 * The ids of the span of one execution of a run (an arena alone is one execution; a run continues in a new one after each round). They are a hash,
 * so that every worker hangs its activities under the same span, also after a restart, and nothing has to travel through histories.
 */
export function idsOfExecution(workflowId: string, runId: string): Pick<SpanContext, 'traceId' | 'spanId'> {
  const hash = sha256(`flywheel trace\n${workflowId}\n${runId}`);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}
