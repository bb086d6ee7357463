import { type Bench, type Row, wantedParts } from '../bench';
import { bench as client } from '../client';
import { adaptiveRows } from './adaptive';
import { capacityRows } from './capacity';
import { millionRows } from './million';
import { patternRows } from './pattern';
import { prefixRows } from './prefix';
import { openStand, type Part } from './stand';
import { workersRows } from './workers';

const PARTS: Record<string, (part: Part) => Promise<Row[]> | AsyncIterable<Row>> = {
  capacity: capacityRows,
  workers: workersRows,
  million: millionRows,
  pattern: patternRows,
  adaptive: adaptiveRows,
  prefix: prefixRows,
  // Limits and endpoints in trouble, which need no arena.
  client: ({ short, say }) => client.run({ short, say }),
};

/**
 * The arena as a whole, through a real Temporal server and a real Postgres, beside the endpoint's capacity. FLYWHEEL_BENCH_ROWS, such as
 * `capacity,workers`, measures some of its parts alone.
 */
export const bench: Bench = {
  name: 'arena',
  about: 'arenas through Temporal and Postgres beside the capacity of a scripted endpoint in its own process',
  async *run({ short, say }) {
    for (const measure of wantedParts(PARTS)) {
      // Servers of its own for each part: what one leaves behind must not weigh on the next.
      const stand = await openStand();
      try {
        yield* await measure({ stand, short, say });
      } finally {
        await stand.close();
      }
    }
  },
};
