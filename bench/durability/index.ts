import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '../../chaos/servers';
import type { Bench } from '../bench';
import { fullSpeedRows } from './full-speed';
import { killRows } from './kills';

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
      return [...(await killRows(servers, home, options)), ...(await fullSpeedRows(servers, home, options))];
    } finally {
      await servers.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
};
