import { reachOf } from '../models/reach';
import type { ServingBackend } from './serving';

/** What runs already: the user serves the weights, and the configuration says under which names. */
export function endpointServing(): ServingBackend<'endpoint'> {
  return {
    serve: ({ label }, config) => Promise.resolve({ reach: reachOf(config), model: config.models[label] ?? label }),
    close: () => Promise.resolve(),
  };
}
