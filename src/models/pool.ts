import { contentId } from '../identity';
import { createChatClient, type EndpointClient } from './client';
import { shownUrl } from './errors';
import type { LaneState } from './limits/lane';
import type { Reach } from './reach';
import { readKey } from './roster';

/** One client per endpoint, shared by all activities of a worker, because the client holds the endpoint's limits. */
export interface ModelPool {
  client(reach: Reach): Promise<EndpointClient>;
  /** The address behind `sandbox:`, or the address itself. */
  address(url: string): Promise<string>;
  /** How the limits of each client stand, under the endpoint's address without what it may hide. */
  states(): { url: string; queued: number; lanes: LaneState[] }[];
}

/**
 * @param sandbox starts the scripted models at their first need and returns their address.
 * @param watched what stands before each client: one that traces its calls.
 */
export function createModelPool(
  sandbox: () => Promise<string>,
  watched: (client: EndpointClient, url: string) => EndpointClient = (client) => client,
): ModelPool {
  const clients = new Map<string, { url: string; client: EndpointClient }>();
  const address = (url: string) => (url === 'sandbox:' ? sandbox() : Promise.resolve(url));
  return {
    address,
    states: () =>
      [...clients.values()].map(({ url, client }) => {
        const { queued, lanes } = client.state();
        return { url, queued, lanes: lanes.map((lane) => ({ ...lane, url: shownUrl(lane.url) })) };
      }),
    async client(reach) {
      const [url, ...replicas] = await Promise.all([reach.url, ...reach.replicas].map(address));
      const { key, timeoutSeconds, ...rest } = reach;
      const id = contentId({ ...reach, url });
      const known = clients.get(id);
      if (known) return known.client;
      const timeoutMs = timeoutSeconds * 1000;
      const client = watched(createChatClient({ ...rest, url: url!, replicas, key: readKey(key), timeoutMs }), url!);
      clients.set(id, { url: shownUrl(url!), client });
      return client;
    },
  };
}
