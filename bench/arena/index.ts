import type { Bench, Row } from '../bench';
import { throughputRows } from './throughput';
import { openStand } from './stand';

/** The arena as a whole, through a real Temporal server and a real Postgres, beside the endpoint's capacity. */
export const bench: Bench = {
  name: 'arena',
  about: 'arenas through Temporal and Postgres beside the capacity of a scripted endpoint in its own process',
  async run({ short, say }) {
    const stand = await openStand();
    const rows: Row[] = [];
    try {
      for (const measure of [throughputRows]) rows.push(...(await measure({ stand, short, say })));
      return rows;
    } finally {
      await stand.close();
    }
  },
};
