import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isLoopback } from '../../dashboard/security/hosts';
import { messageOf, UserError } from '../../errors';
import { listen } from '../../http/listen';
import { same } from '../../http/same';

export interface MetricsServerOptions {
  /** `host:port`, or a port on the loopback. */
  address: string;
  /** What callers of /metrics send as `Authorization: Bearer …`; beyond loopback there must be one. */
  token: string | null;
  /** The metrics in Prometheus' text form. */
  read: () => Promise<{ contentType: string; text: string }>;
  /** Whether the worker takes work now. */
  isHealthy: () => boolean;
}

export interface MetricsServer {
  /** Of /metrics. */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves GET /metrics for Prometheus and GET /healthz for whoever watches over the process (200 while the worker takes work, else 503);
 * the latter tells nothing else and asks for no token.
 * @throws UserError where it may not or cannot listen.
 */
export async function startMetricsServer({ address, token, ...answers }: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port } = parseAddress(address);
  if (!isLoopback(host) && token === null)
    throw new UserError(
      `The metrics at ${address} can be read from elsewhere, so they need a token: set FLYWHEEL_METRICS_TOKEN (for example \`openssl rand -hex 24\`), or listen on 127.0.0.1.`,
    );
  const server = createServer((request, response) => void answer(request, response, { token, ...answers }));
  const { origin, close } = await listen(
    server,
    { host, port },
    (reason) => `The metrics cannot be served at ${host}:${port} (${reason}): give --metrics another address.`,
  );
  return { url: `${origin}/metrics`, close };
}

/** @throws UserError where it is no address to listen on. */
export function parseAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, digits] =
    /^(?:(?:\[([0-9a-fA-F:]+)\]|([^\s:[\]]+)):)?(\d{1,5})$/.exec(address.trim()) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new UserError(
      `The metrics' address must be a port or host:port, such as 9464 or 0.0.0.0:9464, not ${JSON.stringify(address)}.`,
    );
  return { host: bracketed ?? plain ?? '127.0.0.1', port };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { token, read, isHealthy }: Omit<MetricsServerOptions, 'address'>,
): Promise<void> {
  const send = (status: number, text: string, contentType = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(request.method === 'HEAD' ? '' : text);
  };
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'GET /metrics or /healthz\n');
  if (path === '/healthz') return isHealthy() ? send(200, 'ok\n') : send(503, 'the worker takes no work\n');
  if (path !== '/metrics') return send(404, 'GET /metrics or /healthz\n');
  if (token !== null && !same(request.headers.authorization ?? '', `Bearer ${token}`))
    return send(401, 'the token of FLYWHEEL_METRICS_TOKEN is wanted\n');
  try {
    const { contentType, text } = await read();
    return send(200, text, contentType);
  } catch (error) {
    return send(500, `${messageOf(error)}\n`);
  }
}
