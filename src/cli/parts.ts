import { loopbackOrigins, startCodecEndpoint, type CodecEndpoint } from '../codec/endpoint';
import { keysFrom } from '../codec/keys';
import { homePaths, type HomePaths } from '../embedded/paths';
import { startPostgres } from '../embedded/postgres';
import { describeEnd, type ChildEnd } from '../embedded/child';
import { choosePort } from '../embedded/ports';
import { DEFAULT_UI_PORT, startTemporal } from '../embedded/temporal';
import { readUp, removeUp, writeUp } from '../embedded/up-file';
import { UserError } from '../errors';
import { environmentAddresses, type Addresses } from './connect';

export interface PartsOptions {
  /** Told in one line each what happens. */
  say: (line: string) => void;
  paths?: HomePaths;
  /** Ports of the Temporal server and its UI; the default ones or any free ones. */
  port?: number;
  uiPort?: number;
}

/** Database and Temporal server, with the up file that tells other commands of them. */
export interface Parts extends Addresses {
  /** Rejects when one of the embedded servers ends unasked; never resolves. */
  lost: Promise<never>;
  /** Stops what was started here, and takes the up file away. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded Postgres and Temporal, except for those whose address the environment gives.
 * @throws UserError when another process holds the home folder's parts.
 */
export async function startParts({ say, paths = homePaths(), port, uiPort }: PartsOptions): Promise<Parts> {
  refuseHeld(paths);
  const given = environmentAddresses();
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    removeUp(paths.upFile);
    // In the reverse order of their start.
    for (const end of stops.splice(0).reverse()) await end();
  };
  let lose: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined);
  const watch = (name: string, log: string, { ended }: { ended: Promise<ChildEnd> }) =>
    void ended.then((end) =>
      lose(
        new UserError(
          `${name} ended by itself (${describeEnd(end)}). Its log: ${log}. Start again; what is stored is kept.`,
        ),
      ),
    );

  try {
    let { databaseUrl, temporalAddress } = given;
    let uiUrl: string | null = null;
    if (databaseUrl === null) {
      say('Starting Postgres');
      const postgres = await startPostgres({ dir: paths.postgres, notice: say });
      stops.push(postgres.stop);
      watch('Postgres', paths.postgres, postgres);
      databaseUrl = postgres.url;
    }
    if (temporalAddress === null) {
      say('Starting Temporal');
      const logFile = `${paths.logs}/temporal.log`;
      const ui = await choosePort({ name: 'Temporal UI', asked: uiPort, preferred: DEFAULT_UI_PORT });
      const codec = await codecFor(ui);
      if (codec) stops.push(codec.close);
      const temporal = await startTemporal({
        dbFile: paths.temporalDb,
        logFile,
        ...(port === undefined ? {} : { port }),
        uiPort: ui,
        ...(codec ? { codecEndpoint: codec.url } : {}),
      });
      stops.push(temporal.stop);
      watch('Temporal', logFile, temporal);
      temporalAddress = temporal.address;
      uiUrl = temporal.uiUrl;
    }
    writeUp({ databaseUrl, temporalAddress, uiUrl: uiUrl ?? '' }, paths.upFile);
    return { databaseUrl, temporalAddress, namespace: given.namespace, uiUrl, lost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The endpoint by which the UI opens encrypted payloads, where there is a key. */
async function codecFor(uiPort: number): Promise<CodecEndpoint | null> {
  const keys = keysFrom();
  return keys.size === 0 ? null : startCodecEndpoint({ keys, origins: loopbackOrigins(uiPort) });
}

function refuseHeld({ home, upFile }: HomePaths): void {
  const up = readUp(upFile);
  if (up)
    throw new UserError(
      `Process ${up.holder.pid} (npx flywheel up, or a demo) holds ${home} since ${up.since}: use what it started, ` +
        `stop it (kill ${up.holder.pid}), or name another folder in FLYWHEEL_HOME.`,
    );
}

/** The UI's form that starts a run. */
export function startForm(uiUrl: string, namespace: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows/start-workflow?taskQueue=flywheel&workflowType=flywheel`;
}
