import { Client, type ConnectionLike } from '@temporalio/client';
import { dataConverter } from './codec';
import { keysFrom } from './keys';

/** A client that reads and writes payloads as the workers do, with the keys of the environment. */
export const createClient = (connection: ConnectionLike, namespace: string, env: NodeJS.ProcessEnv = process.env) =>
  new Client({ connection, namespace, dataConverter: dataConverter(keysFrom(env)) });
