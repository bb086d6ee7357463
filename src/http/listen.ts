import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { UserError } from '../errors';

/** A server that listens. */
export interface Listening {
  /** `http://HOST:PORT`. */
  origin: string;
  port: number;
  /** Stops listening, and ends the connections that are open. */
  close: () => Promise<void>;
}

/** Lets a server listen; port 0 is a free one. @throws UserError with what `problem` makes of the reason where it cannot. */
export async function listen(
  server: Server,
  options: ListenOptions & { host: string },
  problem: (reason: string) => string,
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new UserError(problem(error.message))));
    server.listen(options, resolve);
  });
  const { host } = options;
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
