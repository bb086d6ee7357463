import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import environment from '../environment.cjs';
import { say } from '../setup/report.mjs';

const require = createRequire(import.meta.url);
const { root } = environment;
const built = (path) => require(join(root, 'dist', 'src', path));

/**
 * The embedded parts with a worker, whose default configuration is the demo made small: real training, a gate that asks,
 * and a budget that is reached early. Only the base model is kept from one time to the next.
 */
export async function startStand(run) {
  const home = join(root, '.flywheel', 'docs');
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(home)) if (name !== 'base') rmSync(join(home, name), { recursive: true });
  process.env.FLYWHEEL_HOME = home;
  const { startParts } = built('cli/parts');
  const { prepareDemo } = built('demo/prepare');
  const { startWorker } = built('worker');
  const { withClient, withDatabase } = built('cli/connect');
  const { homePaths } = built('embedded/paths');
  const { freePort } = built('embedded/ports');
  const { lookAt } = built('operating/look');
  const paths = homePaths(home);
  const parts = await startParts({ say, paths, port: await freePort(), uiPort: await freePort() });
  const stops = [() => parts.stop()];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const options = { seed: 0, rounds: 2 };
    const { config, folder } = await withDatabase(parts, (db) => prepareDemo({ ...options, paths, db, say }));
    const worker = await startWorker({ ...parts, paths, defaults: { config: small(config, run), folder } });
    stops.push(() => worker.stop());
    writeFileSync(join(home, 'config.json'), JSON.stringify(small(config, run), null, 2));
  } catch (error) {
    await stop();
    throw error;
  }

  /** Waits until the run's progress is so. */
  async function until(what, holds) {
    const since = performance.now();
    for (;;) {
      const { progress } = await withClient(parts, (client) => lookAt(client, run));
      if (progress !== null && holds(progress)) return progress;
      if (performance.now() - since > 600_000)
        throw new Error(`not in ten minutes: ${what}; the run stands at ${JSON.stringify(progress)}`);
      await sleep(500);
    }
  }

  return { uiUrl: parts.uiUrl, until, stop };
}

function small(config, run) {
  return {
    ...config,
    name: run,
    prompts: { ...config.prompts, sliceSize: 150 },
    evaluation: { ...config.evaluation, size: 100 },
    arena: { batch: 50, window: 2 },
    ppo: { ...config.ppo, updates: 6 },
    gate: { prompts: 40, rule: 'ask' },
    budget: { usd: 0.1 },
    // Slow enough to be watched.
    competitors: config.competitors.map((player) => ({ ...player, concurrency: 4 })),
    judge: { ...config.judge, concurrency: 4 },
  };
}
