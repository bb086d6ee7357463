import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '../../chaos/servers';
import type { Bench, Row } from '../bench';
import { fullSpeedRows } from './full-speed';
import { killRows } from './kills';

const PARTS = { kills: killRows, history: fullSpeedRows };

/** FLYWHEEL_BENCH_ROWS, such as `history`, measures some of its parts alone. */
export const bench: Bench = {
  name: 'durability',
  about:
    'what durability costs: history by battle, workflow tasks, queries, and the time and calls that a SIGKILL costs',
  async run(options) {
    const home = mkdtempSync(join(tmpdir(), 'durability-'));
    // The embedded Postgres runs as another user.
    chmodSync(home, 0o711);
    const servers = await startServers(home);
    try {
      const rows: Row[] = [];
      for (const name of process.env['FLYWHEEL_BENCH_ROWS']?.split(',') ?? Object.keys(PARTS)) {
        if (!(name in PARTS))
          throw new Error(`FLYWHEEL_BENCH_ROWS: there is no ${name}; known are ${Object.keys(PARTS).join(', ')}`);
        rows.push(...(await PARTS[name as keyof typeof PARTS](servers, home, options)));
      }
      return rows;
    } finally {
      await servers.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
};
