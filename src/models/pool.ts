import { contentId } from '../identity';
import type { ChatClient } from './chat';
import { createChatClient } from './client';
import { readKey, type Reach } from './roster';

/** One client per endpoint, shared by all activities of a worker, because the client holds the endpoint's limit. */
export interface ModelPool {
  client(reach: Reach): Promise<ChatClient>;
  /** The address behind `sandbox:`, or the address itself. */
  address(url: string): Promise<string>;
}

/** @param sandbox starts the scripted models at their first need and returns their address. */
export function createModelPool(sandbox: () => Promise<string>): ModelPool {
  const clients = new Map<string, ChatClient>();
  const address = (url: string) => (url === 'sandbox:' ? sandbox() : Promise.resolve(url));
  return {
    address,
    async client(reach) {
      const url = await address(reach.url);
      const id = contentId({ ...reach, url });
      const known = clients.get(id);
      if (known) return known;
      const client = createChatClient({
        url,
        key: readKey(reach.key),
        concurrency: reach.concurrency,
        timeoutMs: reach.timeoutSeconds * 1000,
        retries: reach.retries,
        price: reach.price,
        dialect: reach.dialect,
        repliesAs: reach.repliesAs,
      });
      clients.set(id, client);
      return client;
    },
  };
}
