import { join } from 'node:path';
import { request } from 'undici';
import { startChild, type Child } from '../embedded/child';
import { freePort } from '../embedded/ports';
import { UserError } from '../errors';
import { askApi } from '../models/api';
import { reachOf } from '../models/reach';
import type { Servable, ServingBackend } from './serving';

export interface LocalServingOptions {
  python: string;
  packageFolder: string;
  /** Keeps the registry of served names and the log. */
  folder: string;
}

/** Loading torch and transformers on a busy two-core machine. */
const READY_SECONDS = 120;
/** It hashes a checkpoint whole before it answers. */
const REGISTER_MS = 300_000;

/**
 * The trainer's own model server, one process for all local checkpoints, started at the first need and again when it
 * has died. It ends with this process.
 */
export function localServing({ python, packageFolder, folder }: LocalServingOptions): ServingBackend<'local'> {
  let running: Promise<{ child: Child; url: string }> | null = null;
  const registered = new Map<string, string>();

  async function start(threads: number): Promise<{ child: Child; url: string }> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    registered.clear();
    const child = await startChild({
      name: 'The model server',
      command: python,
      args: [
        '-m',
        'flywheel_trainer.serve',
        '--port',
        String(port),
        '--registry',
        join(folder, 'served.json'),
        '--threads',
        String(threads),
      ],
      env: {
        PYTHONPATH: packageFolder,
        PYTHONUNBUFFERED: '1',
        HF_HUB_OFFLINE: '1',
        OMP_NUM_THREADS: String(threads),
        TOKENIZERS_PARALLELISM: 'false',
      },
      logFile: join(folder, 'serve.log'),
      ready: async () => (await request(`${url}/health`).catch(() => null))?.statusCode === 200,
      readySeconds: READY_SECONDS,
    });
    void child.ended.then(() => (running = null));
    return { child, url };
  }

  async function register(url: string, { id, path, sha256 }: Servable): Promise<void> {
    if (registered.get(id) === sha256) return;
    const body = { id, path, sha256 };
    const { status, text } = await askApi(`${url}/v1/models`, { method: 'POST', body, limitMs: REGISTER_MS });
    if (status !== 200)
      throw new UserError(`The model server refused ${id} from ${path} (HTTP ${status}): ${text.slice(0, 300)}`);
    registered.set(id, sha256);
  }

  return {
    async serve(checkpoint, { threads, concurrency, timeoutSeconds }) {
      running ??= start(threads).catch((error: unknown) => {
        running = null;
        throw error;
      });
      const { url } = await running;
      await register(url, checkpoint);
      // No patience: a server on the same machine slows down with everything else that runs there.
      const reach = reachOf({
        url: `${url}/v1`,
        key: null,
        concurrency,
        timeoutSeconds,
        retries: 6,
        price: { input: 0, output: 0 },
        dialect: 'max_tokens',
        repliesAs: null,
      });
      return { reach, model: checkpoint.id };
    },
    async close() {
      await (await running?.catch(() => null))?.child.stop();
    },
  };
}
