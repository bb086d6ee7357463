import { join } from 'node:path';
import { startChild, type Child } from '../embedded/child';
import { freePort } from '../embedded/ports';
import { UserError } from '../errors';
import { reachOf } from '../models/reach';
import { readKey } from '../models/roster';
import { filledIn } from '../placeholders';
import { knownEnvironment } from '../training/environment';
import { nameOf } from './adapters';
import type { Servable, Served, VllmConfig } from './serving';
import { vllmClient } from './vllm-client';

interface Running {
  child: Child;
  url: string;
}

/**
 * Checkpoints with whole weights: a server of its own for each, by the user's start command. A new one starts beside the
 * old ones and must be healthy and serve the right folder before anything is asked of it; those beyond the newest `keep`
 * are ended after that; where they take a resource group there is no room beside them, and they are ended first. All end with this process; who still needs one starts it again.
 */
export function fullWeightServing({ folder }: { folder: string }) {
  /** In the order of their last use, the newest last. */
  const servers = new Map<string, Promise<Running>>();

  async function start(checkpoint: Servable, name: string, config: VllmConfig): Promise<Running> {
    const port = await freePort();
    const values = { path: checkpoint.path, name, port: String(port) };
    const [command = '', ...args] = filledIn(config.start ?? [], values, 'target.serve.start');
    const url = `http://127.0.0.1:${port}/v1`;
    const client = vllmClient(url, readKey(config.key));
    const child = await startChild({
      name: `The server of ${checkpoint.label}`,
      command,
      args,
      env: {
        ...knownEnvironment(config.passEnv),
        HF_HUB_OFFLINE: '1',
        PYTHONUNBUFFERED: '1',
      },
      logFile: join(folder, `${checkpoint.label}.log`),
      ready: () => client.isHealthy(),
      readySeconds: config.readySeconds,
    });
    void child.ended.then(() => servers.delete(name));
    const served = (await client.models()).find(({ id }) => id === name);
    if (served) return { child, url };
    await child.stop();
    throw new UserError(
      `target.serve.start: the server of ${checkpoint.label} does not serve the name ${name}; give it --served-model-name {name}.`,
    );
  }

  /** Enters the new server at once, so that who asks meanwhile waits for the same. */
  function begin(checkpoint: Servable, name: string, config: VllmConfig): Promise<Running> {
    const room = config.process ? endAll() : Promise.resolve();
    return room.then(() => start(checkpoint, name, config));
  }

  async function endAll(): Promise<void> {
    const all = [...servers.values()];
    servers.clear();
    for (const server of all) await (await server.catch(() => null))?.child.stop();
  }

  return {
    async serve(checkpoint: Servable, config: VllmConfig): Promise<Served> {
      const name = nameOf(checkpoint);
      const running = servers.get(name) ?? begin(checkpoint, name, config);
      servers.delete(name);
      servers.set(name, running);
      running.catch(() => servers.delete(name));
      const { url } = await running;
      for (const [old, server] of [...servers].slice(0, Math.max(0, servers.size - 1 - config.keep))) {
        servers.delete(old);
        await (await server.catch(() => null))?.child.stop();
      }
      return { reach: reachOf({ ...config, url, replicas: [], repliesAs: null }), model: name };
    },
    close: endAll,
  };
}
