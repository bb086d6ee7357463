import type { ChatRequest } from './chat';
import type { Endpoint } from './endpoint';

/** The JSON of a chat completion's request. */
export function requestBody(request: ChatRequest, dialect: Endpoint['dialect'] = 'max_tokens'): string {
  const { temperature, topP, maxTokens, stop } = request.sampling;
  return JSON.stringify({
    model: request.model,
    messages: request.messages,
    temperature,
    top_p: topP,
    [dialect]: maxTokens,
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { ...request.schema, strict: true } } }),
  });
}
