import { Connection, type Client } from '@temporalio/client';
import { Pool } from 'pg';
import { createClient } from '../codec/client';
import { readUp } from '../embedded/up-file';
import { messageOf, UserError } from '../errors';
import { reached, temporalEnvironment } from '../temporal/environment';

/** Where the database answers. */
export interface DatabaseAddress {
  databaseUrl: string;
}

/** Where Temporal answers. */
export interface TemporalAddress {
  temporalAddress: string;
  namespace: string;
  /** The web UI; null where nobody told it. */
  uiUrl: string | null;
}

export type Addresses = DatabaseAddress & TemporalAddress;

/** The addresses that the environment gives; an empty variable is none. */
export function environmentAddresses(env = process.env): {
  databaseUrl: string | null;
  temporalAddress: string | null;
  namespace: string;
} {
  const { address: temporalAddress, namespace } = temporalEnvironment(env);
  return { databaseUrl: env['FLYWHEEL_DATABASE_URL'] || null, temporalAddress, namespace };
}

/** The database's address: from the environment, else of the embedded parts that are up. */
export function findDatabase(): DatabaseAddress {
  const databaseUrl = environmentAddresses().databaseUrl ?? readUp()?.databaseUrl;
  if (!databaseUrl) throw nothingIsUp("the database's address in FLYWHEEL_DATABASE_URL");
  return { databaseUrl };
}

/** The Temporal server's address: from the environment, else of the embedded parts that are up. */
export function findTemporal(): TemporalAddress {
  const { temporalAddress, namespace } = environmentAddresses();
  if (temporalAddress) return { temporalAddress, namespace, uiUrl: null };
  const up = readUp();
  if (!up) throw nothingIsUp("the Temporal server's address in TEMPORAL_ADDRESS");
  return { temporalAddress: up.temporalAddress, namespace, uiUrl: up.uiUrl || null };
}

export function findAddresses(): Addresses {
  return { ...findDatabase(), ...findTemporal() };
}

/** The dashboard of the parts that are up; null where they are of another Temporal server, or serve none. */
export function findDashboard({ temporalAddress }: Pick<TemporalAddress, 'temporalAddress'>): string | null {
  const up = readUp();
  return up?.temporalAddress === temporalAddress ? (up.dashboardUrl ?? null) : null;
}

function nothingIsUp(address: string): UserError {
  return new UserError(`Nothing is up: run \`npx flywheel up\` in another terminal, or give ${address}.`);
}

/** A database address as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1@');
}

/** Lends a client of the Temporal server. */
export async function withClient<T>(
  { temporalAddress, namespace }: TemporalAddress,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...reached(temporalAddress), connectTimeout: '10s' });
  } catch (error) {
    throw new UserError(
      `No Temporal server answers at ${temporalAddress} (${messageOf(error)}). Start one (npx flywheel up), or give its address in TEMPORAL_ADDRESS.`,
    );
  }
  try {
    return await body(createClient(connection, namespace));
  } finally {
    await connection.close();
  }
}

/** Postgres: a table or column that is not there. */
const UNDEFINED = new Set(['42P01', '42703']);

/** Lends a connection to the database as it is: only workers and `migrate` change its schema. */
export async function withDatabase<T>({ databaseUrl }: DatabaseAddress, body: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = await openDatabase(databaseUrl);
  try {
    return await body(pool);
  } catch (error) {
    if (UNDEFINED.has((error as { code?: string }).code ?? ''))
      throw new UserError(
        `The database at ${withoutPassword(databaseUrl)} has not this version's tables: run \`npx flywheel migrate\`.`,
      );
    throw error;
  } finally {
    await pool.end();
  }
}

async function openDatabase(url: string): Promise<Pool> {
  let pool: Pool | null = null;
  try {
    pool = new Pool({
      connectionString: url,
      max: 2,
      connectionTimeoutMillis: 10_000,
      application_name: 'arena-flywheel',
    });
    pool.on('error', () => undefined);
    await pool.query('select 1');
    return pool;
  } catch (error) {
    await pool?.end();
    const reason = messageOf(error);
    throw new UserError(
      `Postgres at ${withoutPassword(url)} did not accept us: ${reason}. Start it, or give its address in FLYWHEEL_DATABASE_URL.`,
    );
  }
}
