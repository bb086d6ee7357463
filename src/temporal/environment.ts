import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { messageOf, UserError } from '../errors';

/** How a server is reached: its address, and where the environment says so TLS, an API key, headers. */
export type Reached = ClientConnectConfig['connectionOptions'] & { address: string };

/**
 * What Temporal's standard variables say (docs.temporal.io, "Environment configuration"): TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_*, TEMPORAL_GRPC_META_*, or a profile of a file. A file is read only where TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE asks for it: the
 * default file of the `temporal` command must not send the runs of `npx flywheel up` elsewhere.
 * @throws UserError for a file or certificate that cannot be read.
 */
export function temporalEnvironment(env: NodeJS.ProcessEnv = process.env): {
  address: string | null;
  namespace: string;
  options: ClientConnectConfig['connectionOptions'];
} {
  // An empty variable is none.
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  const disableFile = !given['TEMPORAL_CONFIG_FILE'] && !given['TEMPORAL_PROFILE'];
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: given, disableFile });
    return {
      address: connectionOptions.address || null,
      namespace: namespace || 'default',
      options: connectionOptions,
    };
  } catch (error) {
    throw new UserError(`Temporal's environment (TEMPORAL_…) cannot be used: ${messageOf(error)}.`);
  }
}

/** The options of a connection to an address: all that the environment says where it names this one, and nothing else for an embedded server. */
export function reached(address: string, env: NodeJS.ProcessEnv = process.env): Reached {
  const given = temporalEnvironment(env);
  if (given.address !== address) return { address };
  const { tls, apiKey, metadata } = given.options;
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
