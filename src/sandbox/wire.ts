import { countWords, type SandboxRequest } from './chat-request';
import { MODELS } from './models';

/** The bodies of an OpenAI-compatible API, as the sandbox sends them. */

const FINGERPRINT = 'sandbox-scripted';

/** A chat completion; the text is cut at the request's limit of words. */
export function completion(
  id: string,
  model: string,
  text: string,
  request: Pick<SandboxRequest, 'promptWords' | 'maxWords'>,
): string {
  const words = countWords(text);
  const cut = words > request.maxWords;
  const completionTokens = cut ? request.maxWords : words;
  return JSON.stringify({
    id: `sandbox-${id}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: FINGERPRINT,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: cut ? firstWords(text, request.maxWords) : text },
        finish_reason: cut ? 'length' : 'stop',
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: request.promptWords,
      completion_tokens: completionTokens,
      total_tokens: request.promptWords + completionTokens,
    },
  });
}

/** The beginning of a text with its white space kept. */
function firstWords(text: string, count: number): string {
  const words = text.matchAll(/\S+/gu);
  let end = 0;
  for (const word of words) {
    if (count-- === 0) break;
    end = word.index + word[0].length;
  }
  return text.slice(0, end);
}

/** An error in OpenAI's form. */
export function errorBody(message: string, type: string, code: string | null): string {
  return JSON.stringify({ error: { message: `sandbox: ${message}`, type, param: null, code } });
}

/** The list of models. */
export function modelList(): string {
  return JSON.stringify({
    object: 'list',
    data: MODELS.map((id) => ({ id, object: 'model', created: 0, owned_by: 'sandbox (scripted)' })),
  });
}
