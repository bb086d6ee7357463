import type { TargetConfig } from '../config/schema';

/** How to reach a model, as a configuration says it: with its key still by name. */
export type Reach = Omit<Extract<TargetConfig['serve'], { kind: 'endpoint' }>, 'kind' | 'models' | 'process'>;

/** Settings that came later: runs that were stored before go on without them. */
type Recent = 'replicas' | 'requestsPerMinute' | 'tokensPerMinute' | 'patience' | 'hedge';

/** The way to reach an endpoint, without what else its configuration says. */
export function reachOf(config: Omit<Reach, Recent> & Partial<Pick<Reach, Recent>>): Reach {
  const { replicas = [], requestsPerMinute = null, tokensPerMinute = null, patience = null, hedge = null } = config;
  const { url, key, concurrency, timeoutSeconds, retries, price, dialect, repliesAs } = config;
  return {
    url,
    replicas,
    key,
    concurrency,
    requestsPerMinute,
    tokensPerMinute,
    timeoutSeconds,
    patience,
    hedge,
    retries,
    price,
    dialect,
    repliesAs,
  };
}
