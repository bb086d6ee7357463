import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { messageOf, UserError } from '../errors';
import { listen } from '../http/listen';
import { same } from '../http/same';
import { createPayloadCodec } from './codec';
import type { Keys } from './keys';

/** The UI sends what one page shows. */
const LARGEST_BODY = 64 * 2 ** 20;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export interface CodecEndpointOptions {
  keys: Keys;
  host?: string;
  /** 0: a free one. */
  port?: number;
  /** Pages that may use it, such as `http://127.0.0.1:8233`; a browser says where a page comes from. */
  origins: readonly string[];
  /** What callers must send as `Authorization: Bearer …`; beyond loopback there must be one. */
  token?: string | null;
}

export interface CodecEndpoint {
  /** To be entered in the Temporal UI, or given to the `temporal` command as --codec-endpoint. */
  url: string;
  close: () => Promise<void>;
}

const base64 = z.string();
const body = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), base64).nullish(), data: base64.nullish() })),
});

/**
 * The endpoint by which the Temporal UI shows and sends encrypted payloads: POST /decode and /encode, payloads as
 * protobuf's JSON (docs.temporal.io, "Codec Server"). Pages of other origins get nothing.
 * @throws UserError where it may not or cannot listen.
 */
export async function startCodecEndpoint(options: CodecEndpointOptions): Promise<CodecEndpoint> {
  const { host = '127.0.0.1', port = 0, token = null } = options;
  if (!LOOPBACK.includes(host) && token === null)
    throw new UserError(
      `The codec endpoint opens payloads for whoever asks: to listen on ${host} it needs a token in FLYWHEEL_CODEC_TOKEN.`,
    );
  const answer = createAnswer(options);
  const server = createServer((request, response) => void answer(request, response));
  const { origin, close } = await listen(
    server,
    { host, port },
    (reason) => `The codec endpoint cannot listen on ${host}:${port} (${reason}).`,
  );
  return { url: origin, close };
}

/** The pages of a UI on this machine, which is opened under two names. */
export const loopbackOrigins = (port: number): string[] =>
  ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${port}`);

function createAnswer({ keys, origins, token = null }: CodecEndpointOptions) {
  const codec = createPayloadCodec(keys);
  const calls: Record<string, (payloads: Payload[]) => Promise<Payload[]>> = {
    '/decode': (payloads) => codec.decode(payloads),
    '/encode': (payloads) => codec.encode(payloads),
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { origin, authorization } = request.headers;
    const send = (status: number, content?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json', ...(origin ? cors(origin) : {}) });
      response.end(content === undefined ? '' : JSON.stringify(content));
    };
    if (origin !== undefined && !origins.includes(origin)) {
      response.writeHead(403).end();
      return;
    }
    if (request.method === 'OPTIONS') return send(204);
    // The UI may put a namespace before the path.
    const call = calls[/\/(?:en|de)code$/.exec(new URL(request.url ?? '', 'http://codec').pathname)?.[0] ?? ''];
    if (request.method !== 'POST' || !call) return send(404, { message: 'POST /decode or /encode' });
    if (token !== null && !same(authorization ?? '', `Bearer ${token}`)) return send(401, { message: 'wrong token' });
    try {
      const { payloads } = body.parse(JSON.parse(await read(request)));
      return send(200, { payloads: (await call(payloads.map(fromJson))).map(toJson) });
    } catch (error) {
      return send(400, { message: error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error) });
    }
  };
}

const cors = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'content-type, x-namespace, authorization',
  'access-control-allow-credentials': 'true',
  vary: 'origin',
});

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.length) > LARGEST_BODY) throw new UserError('The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type JsonPayload = z.output<typeof body>['payloads'][number];

const fromJson = ({ metadata, data }: JsonPayload): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data ?? '', 'base64'),
});

const toJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});
