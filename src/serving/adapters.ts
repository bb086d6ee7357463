import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allEnded } from '../all-ended';
import { messageOf, UserError } from '../errors';
import { exists } from '../files';
import { reachOf } from '../models/reach';
import { readKey } from '../models/roster';
import type { Servable, Served, VllmConfig } from './serving';
import { vllmClient, type VllmClient, type VllmModel } from './vllm-client';

/** Between two looks at servers that are not up. */
const WAIT_MS = 2000;

export interface AdapterOptions {
  /** The sha256 that stands for a model's folder. */
  hashOf: (folder: string) => Promise<string>;
}

/**
 * Checkpoints as LoRA adapters on vLLM servers that run already. A name is a checkpoint and its weights, for ever: vLLM may
 * answer from what it cached of an older adapter under a used name. Loading is found done by the adapter's root, so that
 * it can be repeated; every replica is looked at.
 */
export function adapterServing({ hashOf }: AdapterOptions) {
  /** Names in the order of their last use, the newest last, by server. */
  const used = new Map<string, string[]>();
  const hashes = new Map<string, Promise<string>>();

  async function serve(checkpoint: Servable, config: VllmConfig): Promise<Served> {
    const name = (await isAdapter(checkpoint)) ? nameOf(checkpoint) : null;
    const key = readKey(config.key);
    const servers = config.urls.map((url) => vllmClient(url, key));
    const taken = await firstToTake(servers, config.readySeconds, (server) => put(server, name, checkpoint, config));
    const model = taken[0]?.model ?? '';
    const other = taken.find((one) => one.model !== model);
    if (other !== undefined)
      throw new UserError(
        `target.serve: replicas name their base differently (${model}, ${other.model}); start them with one --served-model-name.`,
      );
    const [url = '', ...replicas] = taken.map((one) => one.url);
    return { reach: reachOf({ ...config, url, replicas, repliesAs: null }), model };
  }

  /** Makes one server answer under the checkpoint's name, and returns the name: the base's own where there is no adapter. */
  async function put(
    server: VllmClient,
    name: string | null,
    checkpoint: Servable,
    config: VllmConfig,
  ): Promise<string> {
    const models = await server.models();
    const base = models.find(({ parent }) => parent === null);
    if (!base) throw new UserError(`target.serve: ${server.url} serves no model.`);
    await checkBaseOf(server, base, checkpoint.base, config, hashed);
    if (name === null) return base.id;
    const path = asServerSees(checkpoint.path, config.paths);
    if (!isThere(server, models, name, path)) {
      await server.load(name, path).catch(async (error: unknown) => {
        // Another worker was faster, perhaps; then it is there now.
        if (!isThere(server, await server.models(), name, path)) throw error;
      });
      if (!isThere(server, await server.models(), name, path))
        throw new UserError(`${server.url} said that ${name} is loaded, but does not list it.`);
    }
    await retire(server, name, models, config.keep);
    return name;
  }

  /** Unloads what was used least recently beyond the newest `keep`: other runs' adapters are none of ours. */
  async function retire(server: VllmClient, name: string, before: readonly VllmModel[], keep: number): Promise<void> {
    const run = name.slice(0, name.lastIndexOf('/') + 1);
    const order = (used.get(server.url) ?? []).filter((one) => one !== name);
    const loaded = before.map(({ id }) => id).filter((id) => id.startsWith(run) && id !== name);
    // What an earlier worker loaded was used before anything that this one knows of.
    const aged = [...loaded.filter((id) => !order.includes(id)), ...order.filter((id) => loaded.includes(id))];
    used.set(server.url, [...order, name]);
    for (const old of aged.slice(0, Math.max(0, aged.length - keep))) await server.unload(old);
  }

  function hashed(folder: string): Promise<string> {
    const known = hashes.get(folder) ?? hashOf(folder);
    hashes.set(folder, known);
    known.catch(() => hashes.delete(folder));
    return known;
  }

  return {
    serve,
    /** Notes that a checkpoint was used where it is loaded, so that others are unloaded before it. */
    use(checkpoint: Servable, { urls }: VllmConfig): void {
      const name = nameOf(checkpoint);
      for (const url of urls) {
        const order = used.get(url);
        if (order?.includes(name)) used.set(url, [...order.filter((one) => one !== name), name]);
      }
    },
  };
}

/**
 * Whether every replica answers, serves the base that is trained, and takes adapters.
 * @throws UserError with one sentence for the first that does not.
 */
export async function checkReplicas(config: VllmConfig, base: string, hashOf: AdapterOptions['hashOf']): Promise<void> {
  for (const url of config.urls) {
    const server = vllmClient(url, readKey(config.key));
    const answered = <T>(answer: Promise<T>): Promise<T> =>
      answer.catch((error: unknown) => {
        if (UserError.isInstance(error)) throw error;
        throw new UserError(
          `target.serve.urls: no vLLM answers at ${url} (${messageOf(error)}). Start it there, or mend the address.`,
        );
      });
    const models = await answered(server.models());
    const served = models.find(({ parent }) => parent === null);
    if (!served) throw new UserError(`target.serve: ${url} serves no model.`);
    await checkBaseOf(server, served, base, config, hashOf);
    await answered(server.checkTakesAdapters());
  }
}

/** @throws UserError where the server's base is not the one that the adapters are trained on. */
async function checkBaseOf(
  { url }: VllmClient,
  { root }: VllmModel,
  base: string,
  config: VllmConfig,
  hashOf: AdapterOptions['hashOf'],
): Promise<void> {
  const expected = config.baseRoot ?? asServerSees(base, config.paths);
  if (root === expected) return;
  if (root === null || !(await exists(root)))
    throw new UserError(
      `target.serve: ${url} serves ${root ?? 'a model without a root'}, and target.base is ${expected}. Where these are the same files, set target.serve.baseRoot: ${root}; otherwise start vLLM with target.base.`,
    );
  const [served, ours] = await Promise.all([hashOf(root), hashOf(base)]);
  if (served !== ours)
    throw new UserError(
      `target.serve: ${url} serves ${root} (sha256 ${served.slice(0, 12)}), and training starts from ${base} (sha256 ${ours.slice(0, 12)}): start vLLM with the same base.`,
    );
}

interface Taken {
  url: string;
  model: string;
}

/**
 * Those that are healthy and have taken the checkpoint; where none has, whoever does so first. One that is healthy and then does not answer is left
 * out like one that is down: others may be up.
 * @throws UserError after `seconds`, and at once where a server has a reason to refuse.
 */
async function firstToTake(
  servers: readonly VllmClient[],
  seconds: number,
  put: (server: VllmClient) => Promise<string>,
): Promise<Taken[]> {
  const deadline = Date.now() + seconds * 1000;
  let last = '';
  /** Null: it is down, or sick. */
  const tryOne = async (server: VllmClient): Promise<Taken | null> => {
    if (!(await server.isHealthy())) return null;
    try {
      return { url: server.url, model: await put(server) };
    } catch (error) {
      if (UserError.isInstance(error)) throw error;
      last = ` (${server.url}: ${messageOf(error)})`;
      return null;
    }
  };
  for (;;) {
    const taken = (await allEnded(servers.map(tryOne))).filter((one) => one !== null);
    if (taken.length > 0) return taken;
    if (Date.now() > deadline)
      throw new UserError(
        `target.serve: no vLLM server answers at ${servers.map(({ url }) => url).join(', ')} after ${seconds} s${last}. Start one, or mend target.serve.urls.`,
      );
    await sleep(WAIT_MS);
  }
}

/** @throws UserError where the name is taken by another folder. */
function isThere(server: VllmClient, models: readonly VllmModel[], name: string, path: string): boolean {
  const found = models.find(({ id }) => id === name);
  if (found && found.root !== path)
    throw new UserError(
      `${server.url} serves ${name} from ${found.root}, not from ${path}: somebody else used this name. Unload it there, or restart the server.`,
    );
  return found !== undefined;
}

/** A checkpoint and its weights. */
export function nameOf({ id, sha256 }: Pick<Servable, 'id' | 'sha256'>): string {
  return `${id}@${sha256.slice(0, 8)}`;
}

/** A path of ours as a server elsewhere names it. */
export function asServerSees(path: string, paths: VllmConfig['paths']): string {
  return paths && path.startsWith(paths.here) ? `${paths.there}${path.slice(paths.here.length)}` : path;
}

/** @throws UserError where a trained checkpoint is not seen here: in silence it would be taken for its base. */
async function isAdapter({ id, path, base }: Servable): Promise<boolean> {
  if (path !== base && !(await exists(path)))
    throw new UserError(
      `The checkpoint ${id} lies in ${path}, which is not seen on this host: give its worker the artifacts (FLYWHEEL_ARTIFACTS, FLYWHEEL_ARTIFACTS_S3).`,
    );
  return exists(join(path, 'adapter_config.json'));
}
