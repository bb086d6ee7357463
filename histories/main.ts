/** `npm run histories [-- NAME ...] [-- --before-patches]`: records workflow histories anew into test/histories (docs/upgrading.md). */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServers, type Servers } from '../chaos/servers';
import { note } from '../src/cli/output';
import { repositoryRoot } from '../src/embedded/paths';
import { temporaryFolder } from '../src/embedded/temporary-folder';
import { messageOf, UserError } from '../src/errors';
import { packed } from './history';
import { record, type Scenario } from './record';
import { SCENARIOS } from './scenarios';

/** The history that is kept on purpose: of a run that began before the patches of `workflows/patches.ts`. */
const BEFORE_PATCHES = 'before-patches';

/** Records a scenario on the servers that they share, or on its own where histories are to be short. */
async function recordOn(servers: Servers, home: string, scenario: Scenario): Promise<string[]> {
  const { name, longHistory } = scenario;
  if (longHistory === undefined) return record(servers, home, scenario);
  const dynamicConfig = { 'limit.historyCount.suggestContinueAsNew': longHistory };
  const own = await startServers(join(home, `servers-of-${name}`), { dynamicConfig });
  try {
    return await record(own, home, scenario);
  } finally {
    await own.stop();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { [BEFORE_PATCHES]: { type: 'boolean' } },
  });
  const known = SCENARIOS.map(({ name }) => name);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new UserError(`There is no history ${unknown.join(', ')}. Known: ${known.join(', ')}.`);
  const asked = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

  const folder = join(repositoryRoot(), 'test', 'histories');
  mkdirSync(folder, { recursive: true });
  // Histories hold the run's paths: those of a folder that tells nothing of this machine.
  const home = temporaryFolder('histories');
  const servers = await startServers(home);
  try {
    const keep = (name: string, histories: readonly string[]) => {
      // A run may have had more executions when it was last recorded.
      for (const file of readdirSync(folder))
        if (file.replace(/-\d+\.json\.gz$/, '') === name) rmSync(join(folder, file));
      histories.forEach((history, index) => {
        const file = `${name}-${index + 1}.json.gz`;
        const content = packed(history, home);
        writeFileSync(join(folder, file), content);
        note(`${file} (${(content.length / 1024).toFixed(0)} KiB)`);
      });
    };
    for (const scenario of asked) keep(scenario.name, await recordOn(servers, home, scenario));
    const pausing = SCENARIOS.find(({ name }) => name === 'pause');
    if (values[BEFORE_PATCHES] && pausing)
      keep(BEFORE_PATCHES, await record(servers, home, { ...pausing, olderBuild: true }));
  } finally {
    await servers.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  note(messageOf(error));
  process.exitCode = error instanceof TypeError || UserError.isInstance(error) ? 2 : 1;
});
