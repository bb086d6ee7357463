import { rmSync } from 'node:fs';
import { startServers } from '../../chaos/servers';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { type Bench, wantedParts } from '../bench';
import { fullSpeedRows } from './full-speed';
import { killRows } from './kills';

const PARTS = { kills: killRows, history: fullSpeedRows };

/** FLYWHEEL_BENCH_ROWS, such as `history`, measures some of its parts alone. */
export const bench: Bench = {
  name: 'durability',
  about:
    'what durability costs: history by battle, workflow tasks, queries, and the time and calls that a SIGKILL costs',
  async *run(options) {
    const parts = wantedParts(PARTS);
    const home = temporaryFolder('durability');
    const servers = await startServers(home);
    try {
      for (const measure of parts) yield* await measure(servers, home, options);
    } finally {
      await servers.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
};
