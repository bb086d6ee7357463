import { contentId } from '../identity';
import { adapterServing, type AdapterOptions } from './adapters';
import { fullWeightServing } from './full-weights';
import type { Served, ServingBackend } from './serving';

/** After so long the replicas of a checkpoint are looked at anew: one that was down may be back. */
const TRUST_MS = 60_000;

/** Checkpoints on vLLM: adapters on servers that run, or a server of whole weights for each. */
export function vllmServing(options: AdapterOptions & { folder: string }): ServingBackend<'vllm'> {
  const adapters = adapterServing(options);
  const full = fullWeightServing(options);
  /** What was found, so that a battle does not ask servers how they are; `at` is null while it is being found. */
  const found = new Map<string, { served: Promise<Served>; at: number | null }>();
  return {
    serve(checkpoint, config, again) {
      if (config.start !== null) return full.serve(checkpoint, config, again);
      const key = contentId([checkpoint.id, checkpoint.sha256, config]);
      const known = found.get(key);
      // Calls that fail together look once, together.
      if (known && (known.at === null || (!again && Date.now() - known.at < TRUST_MS))) {
        adapters.use(checkpoint, config);
        return known.served;
      }
      const entry = { served: adapters.serve(checkpoint, config), at: null as number | null };
      found.set(key, entry);
      entry.served.then(
        () => (entry.at = Date.now()),
        () => found.delete(key),
      );
      return entry.served;
    },
    close: () => full.close(),
  };
}
