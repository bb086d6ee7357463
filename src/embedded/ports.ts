import { connect, createServer } from 'node:net';
import { UserError } from '../errors';

/** Listens on a loopback port for a moment (0: any); the port's number, or null when it is taken or not ours to take. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

/** Whether a loopback port can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== null;
}

/** Whether something accepts connections on a loopback port. Unlike `isFree` it never stands in a server's way. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}

/** A free loopback port. Somebody else may take it before its user does: be ready to ask again. */
export async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null)
    throw new UserError('The system gave no free port on 127.0.0.1: close some connections and try again.');
  return port;
}

/** What a server's port is chosen from. */
export interface PortWish {
  /** For the error sentence, such as `Postgres`. */
  name: string;
  /** The port that the user asked for: this one or an error; 0: any free one. */
  asked?: number | undefined;
  /** The port that is taken when free, otherwise any free one. */
  preferred?: number | undefined;
}

/** Chooses a loopback port. Throws one sentence when the port that was asked for is in use. */
export async function choosePort({ name, asked, preferred }: PortWish): Promise<number> {
  if (asked === 0) return freePort();
  if (asked !== undefined) {
    if (await isFree(asked)) return asked;
    throw new UserError(
      `${name}: port ${asked} on 127.0.0.1 is in use; stop what listens there or ask for another port.`,
    );
  }
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  return freePort();
}
