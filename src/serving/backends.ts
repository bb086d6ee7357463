import { endpointServing } from './endpoint';
import { localServing, type LocalServingOptions } from './local';
import type { Servable, ServeConfig, Served } from './serving';

/** All serving backends behind one call that picks by the configuration's kind. */
export interface ServingBackends {
  serve(checkpoint: Servable, config: ServeConfig): Promise<Served>;
  close(): Promise<void>;
}

export function createServing(options: LocalServingOptions): ServingBackends {
  const local = localServing(options);
  const endpoint = endpointServing();
  return {
    serve: (checkpoint, config) =>
      config.kind === 'local' ? local.serve(checkpoint, config) : endpoint.serve(checkpoint, config),
    close: async () => {
      await local.close();
      await endpoint.close();
    },
  };
}
