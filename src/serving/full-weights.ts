import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from '../embedded/child';
import { freePort } from '../embedded/ports';
import { UserError } from '../errors';
import { reachOf } from '../models/reach';
import { readKey } from '../models/roster';
import { filledIn } from '../placeholders';
import { knownEnvironment } from '../training/environment';
import { nameOf } from './adapters';
import type { Servable, Served, VllmConfig } from './serving';
import { vllmClient, type VllmClient } from './vllm-client';

/** Looks at a server that is said to have stopped answering, before it is taken for hung: a busy one may miss one of them. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 1000;

interface Running {
  child: Child;
  client: VllmClient;
}

/**
 * Checkpoints with whole weights: a server of its own for each, by the user's start command. A new one starts beside the
 * old ones and must be healthy and serve the right folder before anything is asked of it; those beyond the newest `keep`
 * are ended after that; where they take a resource group there is no room beside them, and they are ended first. One that lives and does not answer
 * is replaced. All end with this process; who still needs one starts it again.
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
    try {
      await checkServed(client, checkpoint, name);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return { child, client };
  }

  /** Enters the new server at once, so that who asks meanwhile waits for the same. @param after what ends before it starts. */
  function begin(checkpoint: Servable, name: string, config: VllmConfig, after?: Promise<void>): Promise<Running> {
    const room = Promise.all([after, config.process ? endAll() : null]);
    const entry = room.then(() => start(checkpoint, name, config));
    // Itself only: by the time that a server has ended its name may stand for the next one.
    const forget = () => {
      if (servers.get(name) === entry) servers.delete(name);
    };
    entry.then(({ child }) => child.ended).then(forget, forget);
    return entry;
  }

  /** A server in the place of one that hangs; where somebody else was here first, his. */
  function replaced(hung: Promise<Running>, checkpoint: Servable, name: string, config: VllmConfig): Promise<Running> {
    const now = servers.get(name);
    return now !== undefined && now !== hung ? now : begin(checkpoint, name, config, end(hung));
  }

  /** Enters it as the one that was used last. */
  function enter(name: string, running: Promise<Running>): Promise<Running> {
    servers.delete(name);
    servers.set(name, running);
    return running;
  }

  async function endAll(): Promise<void> {
    const all = [...servers.values()];
    servers.clear();
    for (const server of all) await end(server);
  }

  return {
    /** @param again true where it has stopped answering. */
    async serve(checkpoint: Servable, config: VllmConfig, again = false): Promise<Served> {
      const name = nameOf(checkpoint);
      let running = enter(name, servers.get(name) ?? begin(checkpoint, name, config));
      if (again && (await isHung(running))) running = enter(name, replaced(running, checkpoint, name, config));
      const { client } = await running;
      for (const [old, server] of [...servers].slice(0, Math.max(0, servers.size - 1 - config.keep))) {
        servers.delete(old);
        await end(server);
      }
      return { reach: reachOf({ ...config, url: client.url, replicas: [], repliesAs: null }), model: name };
    },
    close: endAll,
  };
}

async function end(server: Promise<Running>): Promise<void> {
  await (await server.catch(() => null))?.child.stop();
}

/** Whether it has come up and does not answer; what failed to come up is not hung. */
async function isHung(running: Promise<Running>): Promise<boolean> {
  const { client } = await running;
  for (let look = 1; !(await client.isHealthy()); look++) {
    if (look === LOOKS) return true;
    await sleep(BETWEEN_LOOKS_MS);
  }
  return false;
}

/** @throws UserError where the server has another name for it, or serves another folder than the checkpoint's. */
async function checkServed(client: VllmClient, { label, path }: Servable, name: string): Promise<void> {
  const served = (await client.models()).find(({ id }) => id === name);
  if (!served)
    throw new UserError(
      `target.serve.start: the server of ${label} does not serve the name ${name}; give it --served-model-name {name}.`,
    );
  if (served.root !== path)
    throw new UserError(
      `target.serve.start: the server of ${label} serves ${served.root ?? 'a folder that it does not name'}, not ${path}; give it {path} as its model, which a container mounts under the same path.`,
    );
}
