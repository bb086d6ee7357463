import type { ModelPool } from '../../models/pool';
import type { Meters } from './meters';

/** Tells how each endpoint's limits stand in this worker. Clients of one endpoint (its settings changed) are added up. */
export function readEndpoints(
  { labels, queued, inFlight, window, rate, ejected }: Meters,
  models: Pick<ModelPool, 'states'>,
): void {
  for (const gauge of [queued, inFlight, window, rate, ejected]) gauge.reset();
  for (const { url, queued: waiting, lanes } of models.states()) {
    const endpoint = labels.endpoint(url);
    queued.inc({ endpoint }, waiting);
    for (const lane of lanes) {
      const at = { endpoint, address: labels.endpoint(lane.url) };
      inFlight.inc(at, lane.inFlight);
      window.inc(at, lane.window);
      if (lane.perSecond !== null) rate.inc(at, lane.perSecond);
      ejected.inc(at, lane.ejected ? 1 : 0);
    }
  }
}
