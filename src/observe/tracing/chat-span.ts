import { SpanKind, SpanStatusCode, type Attributes, type Span, type Tracer } from '@opentelemetry/api';
import type { Attempt, ChatReply, ChatRequest } from '../../models/chat';
import type { EndpointClient } from '../../models/client';
import { CallError } from '../../models/errors';

/**
 * A client whose every chat is a span, by the GenAI semantic conventions (opentelemetry.io/docs/specs/semconv/gen-ai). A span begins when the call
 * queues for its place and ends with the reply; attempts that failed are its events. It holds no text of prompts or answers.
 */
export function tracedClient(tracer: Tracer, client: EndpointClient, url: string): EndpointClient {
  const { hostname, port, protocol } = new URL(url);
  const server: Attributes = {
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
  return {
    state: () => client.state(),
    async chat(request, options = {}) {
      const attributes = {
        ...server,
        ...requestAttributes(request),
        ...(options.run ? { 'flywheel.run': options.run } : {}),
      };
      const span = tracer.startSpan(`chat ${request.model}`, { kind: SpanKind.CLIENT, attributes });
      let attempts = 0;
      const onAttempt = (attempt: Attempt) => {
        attempts++;
        if (attempt.error !== null)
          span.addEvent('attempt failed', {
            'error.type': attempt.error,
            'flywheel.attempt.milliseconds': attempt.milliseconds,
          });
        options.onAttempt?.(attempt);
      };
      try {
        const reply = await client.chat(request, { ...options, onAttempt });
        span.setAttributes(replyAttributes(reply, request));
        return reply;
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.setAttribute('flywheel.attempts', attempts);
        span.end();
      }
    },
  };
}

/** `openai`: what an OpenAI-compatible address really is, the client does not know; the conventions say so. */
function requestAttributes({ model, sampling, seed, schema }: ChatRequest): Attributes {
  const { temperature, topP, maxTokens, stop } = sampling;
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.request.temperature': temperature,
    'gen_ai.request.top_p': topP,
    'gen_ai.request.max_tokens': maxTokens,
    'gen_ai.output.type': schema ? 'json' : 'text',
    ...(stop ? { 'gen_ai.request.stop_sequences': stop } : {}),
    ...(seed === undefined ? {} : { 'gen_ai.request.seed': seed }),
  };
}

function replyAttributes(
  { model, finishReason, promptTokens, completionTokens, cachedTokens }: ChatReply,
  { model: asked }: ChatRequest,
): Attributes {
  return {
    'gen_ai.response.model': model ?? asked,
    'gen_ai.response.finish_reasons': [finishReason],
    'gen_ai.usage.input_tokens': promptTokens,
    'gen_ai.usage.output_tokens': completionTokens,
    ...(cachedTokens === undefined ? {} : { 'gen_ai.usage.cache_read.input_tokens': cachedTokens }),
  };
}

/** The message is left out: servers repeat parts of prompts in their errors. */
function fail(span: Span, error: unknown): void {
  const type = CallError.isInstance(error) ? error.kind : error instanceof Error ? error.name : '_OTHER';
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
