import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../../../src/models/endpoint';

export interface Seen {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export type Handler = (response: ServerResponse, seen: Seen, index: number) => void;

const open: Server[] = [];

/** A server on a free port of the loopback that answers by `handler`; `closeServers` ends it. */
export async function serve(handler: Handler): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      const one: Seen = {
        method,
        path,
        headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      handler(response, one, seen.push(one) - 1);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

export async function closeServers(): Promise<void> {
  await Promise.all(
    open.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
}

export function completion(content: string | null, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    model: 'm',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    ...more,
  });
}

export function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

export function endpoint(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    url,
    key: 'sk-very-secret',
    concurrency: 4,
    // What a test means by it, it says: a busy machine takes its time.
    timeoutMs: 50_000,
    retries: 0,
    price: { input: 2, output: 10 },
    ...more,
  };
}
