import type { Artifacts } from '../artifacts/artifacts';
import { endpointServing } from './endpoint';
import { localServing, type LocalServingOptions } from './local';
import type { Servable, ServeConfig, Served } from './serving';
import { vllmServing } from './vllm';

/** All serving backends behind one call that picks by the configuration's kind. */
export interface ServingBackends {
  /** @param again true where what was served has stopped answering. */
  serve(checkpoint: Servable, config: ServeConfig, again?: boolean): Promise<Served>;
  /** Ends the servers of this process that `serve` has started for such a configuration. */
  end(config: ServeConfig): Promise<void>;
  close(): Promise<void>;
}

export interface ServingOptions extends LocalServingOptions {
  /** The sha256 that stands for a model's folder. */
  hashOf: (folder: string) => Promise<string>;
  /** Where checkpoints come from that another host has trained. */
  artifacts: Pick<Artifacts, 'fetch'>;
}

export function createServing(options: ServingOptions): ServingBackends {
  const local = localServing(options);
  const endpoint = endpointServing();
  const vllm = vllmServing(options);
  /** Checkpoints that have been found here: a battle asks for them a thousand times. */
  const here = new Set<string>();
  const bring = async ({ path, sha256 }: Servable, again: boolean) => {
    const key = `${path} ${sha256}`;
    if (here.has(key) && !again) return;
    await options.artifacts.fetch(path, sha256);
    here.add(key);
  };
  return {
    async serve(checkpoint, config, again = false) {
      // Who serves at an address of his own has his own weights.
      if (config.kind !== 'endpoint') await bring(checkpoint, again);
      switch (config.kind) {
        case 'local':
          return local.serve(checkpoint, config, again);
        case 'endpoint':
          return endpoint.serve(checkpoint, config, again);
        case 'vllm':
          return vllm.serve(checkpoint, config, again);
      }
    },
    end: ({ kind }) => ({ local, endpoint, vllm })[kind].close(),
    close: async () => {
      await local.close();
      await endpoint.close();
      await vllm.close();
    },
  };
}
