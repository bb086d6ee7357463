import type { ServingBackend } from './serving';

/** What runs already: the user serves the weights, and the configuration says under which names. */
export function endpointServing(): ServingBackend<'endpoint'> {
  return {
    serve: ({ label }, { url, key, concurrency, timeoutSeconds, retries, price, models }) =>
      Promise.resolve({
        reach: { url, key, concurrency, timeoutSeconds, retries, price },
        model: models[label] ?? label,
      }),
    close: () => Promise.resolve(),
  };
}
