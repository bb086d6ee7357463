import { contentId } from '../identity';
import { createChatClient, type EndpointClient } from './client';
import type { Reach } from './reach';
import { readKey } from './roster';

/** One client per endpoint, shared by all activities of a worker, because the client holds the endpoint's limits. */
export interface ModelPool {
  client(reach: Reach): Promise<EndpointClient>;
  /** The address behind `sandbox:`, or the address itself. */
  address(url: string): Promise<string>;
}

/** @param sandbox starts the scripted models at their first need and returns their address. */
export function createModelPool(sandbox: () => Promise<string>): ModelPool {
  const clients = new Map<string, EndpointClient>();
  const address = (url: string) => (url === 'sandbox:' ? sandbox() : Promise.resolve(url));
  return {
    address,
    async client(reach) {
      const [url, ...replicas] = await Promise.all([reach.url, ...reach.replicas].map(address));
      const { key, timeoutSeconds, ...rest } = reach;
      const id = contentId({ ...reach, url });
      const known = clients.get(id);
      if (known) return known;
      const client = createChatClient({
        ...rest,
        url: url!,
        replicas,
        key: readKey(key),
        timeoutMs: timeoutSeconds * 1000,
      });
      clients.set(id, client);
      return client;
    },
  };
}
