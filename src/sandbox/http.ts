import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bytes at most in a request. */
const LARGEST_BODY = 32 * 2 ** 20;

export interface HttpReply {
  status: number;
  /** JSON. */
  body: string;
  headers?: Record<string, string>;
}

/** Collects a request's body; null where it is too large. A client that leaves meanwhile gets nothing. */
export function readBody(request: IncomingMessage, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  });
  request.on('end', () => done(size <= LARGEST_BODY ? Buffer.concat(chunks) : null));
}

export function send(response: ServerResponse, { status, body, headers }: HttpReply): void {
  response.writeHead(status, headersOf(body, headers));
  response.end(body);
}

/** Sends half a body under the whole one's length and ends the connection. */
export function sendCut(response: ServerResponse, body: string): void {
  response.writeHead(200, headersOf(body));
  response.write(half(body), () => response.socket?.destroy());
}

/** The first half of a text. */
export function half(text: string): string {
  return text.slice(0, text.length / 2);
}

/** `Retry-After` in whole seconds, as HTTP has it. */
export function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}

function headersOf(body: string, more?: Record<string, string>): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-sandbox': 'scripted',
    ...more,
  };
}
