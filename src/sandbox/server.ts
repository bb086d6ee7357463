import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, UserError } from '../errors';
import { listen } from '../http/listen';
import { BadRequest } from './chat-request';
import { ChatService, type SandboxStats } from './chat-service';
import { readBody, send } from './http';
import { readFaults, readLimits, readOptions, type SandboxOptions } from './options';
import { errorBody, modelList } from './wire';

/** Connections that may wait to be accepted. */
const BACKLOG = 4096;
/** Longer than clients keep a connection, so that it is never the server that ends one in use. */
const KEEP_ALIVE_MS = 120_000;

export interface Sandbox {
  /** Base address for OpenAI-compatible clients; ends with /v1. */
  url: string;
  port: number;
  stats(): SandboxStats;
  /** Ends all connections, also those in use. */
  close(): Promise<void>;
}

/**
 * Starts the scripted players and judges as an OpenAI-compatible server: POST /v1/chat/completions, GET /v1/models,
 * GET /health and /stats, POST /faults (one or a list), DELETE /faults, POST /limits. Every reply says `x-sandbox: scripted`.
 * @throws UserError for a wrong option, or where it cannot listen.
 */
export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options = readOptions(given);
  const { host } = options;
  const chat = new ChatService(options);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    readBody(request, (body) => {
      try {
        route(chat, request, body, response);
      } catch (error) {
        const known = error instanceof BadRequest || UserError.isInstance(error);
        const type = known ? 'invalid_request_error' : 'server_error';
        send(response, { status: known ? 400 : 500, body: errorBody(messageOf(error), type, null) });
      }
    });
  });
  const { origin, port, close } = await listen(
    server,
    { host, port: options.port, backlog: BACKLOG },
    (reason) =>
      `The sandbox cannot listen on ${host}:${options.port} (${reason}); choose another port, or 0 for a free one.`,
  );
  return { url: `${origin}/v1`, port, stats: () => chat.stats(), close };
}

function route(chat: ChatService, request: IncomingMessage, body: Buffer | null, response: ServerResponse): void {
  const call = `${request.method} ${request.url}`;
  const answer = (status: number, text: string): void => send(response, { status, body: text });
  if (!body) return answer(413, errorBody('the request is too large', 'invalid_request_error', 'request_too_large'));
  switch (call) {
    case 'POST /v1/chat/completions':
      return chat.handle(body, response);
    case 'GET /v1/models':
      return answer(200, modelList());
    case 'GET /health':
      return answer(200, '{"status":"ok","sandbox":"scripted"}');
    case 'GET /stats':
      return answer(200, JSON.stringify(chat.stats()));
    case 'POST /faults':
      chat.plan.add(readFaults(parseJson(body)));
      return answer(200, JSON.stringify({ scheduled: chat.plan.size }));
    case 'DELETE /faults':
      chat.plan.clear();
      return answer(200, JSON.stringify({ scheduled: 0 }));
    case 'POST /limits':
      chat.setLimits(readLimits(parseJson(body)));
      return answer(200, '{}');
    default:
      return answer(404, errorBody(`no such path: ${call}`, 'invalid_request_error', 'not_found'));
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}
