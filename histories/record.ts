import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { chaosConfig } from '../chaos/config';
import { executionsOf } from '../chaos/executions';
import type { Servers } from '../chaos/servers';
import { openStand, type Stand } from '../chaos/stand';
import type { ConfigInput } from '../src/config/schema';
import { homePaths } from '../src/embedded/paths';
import { startWorker, type RunningWorker } from '../src/worker';
import { writeFakeBase, writePrompts } from '../test/support/tiny';

/** A run whose history is kept. */
export interface Scenario {
  name: string;
  type?: 'flywheel' | 'arena';
  /** What differs from a run of one round. */
  config?: (usual: ConfigInput) => unknown;
  /** What happens on the way; the run's end is waited for afterwards, however it ends. */
  act?: (stand: Stand) => Promise<void>;
  /** Played by the build before today's patches. */
  olderBuild?: boolean;
  /** Events at which the server says that the run should go on in a new history; by default its own number, which no scenario comes to. */
  longHistory?: number;
}

const SHAPE = { seed: 1, rounds: 1, trainer: 'scripted', serving: 'scripted' } as const;
const PROMPTS = { pool: 6 * 16 + 8 * 10, test: 12 };

/** Who answers for a checkpoint of whatever round and attempt. */
const ANSWERS = Object.fromEntries(
  [1, 2].flatMap((round) =>
    [1, 2, 3, 4].flatMap((attempt) =>
      (
        [
          ['sft', 'clerk'],
          ['dpo', 'tutor'],
          ['ppo', 'coder'],
        ] as const
      ).map(([stage, player]) => [`r${round}-${stage}-a${attempt}`, player]),
    ),
  ),
);

/** Plays a scenario with scripted players and trainer on real servers; the histories of its executions, in their order. */
export async function record(servers: Servers, root: string, scenario: Scenario): Promise<string[]> {
  const { name, type = 'flywheel', config = (usual) => usual, act, olderBuild = false } = scenario;
  const files = {
    base: writeFakeBase(join(root, 'base')),
    pool: writePrompts(join(root, 'pool.jsonl'), PROMPTS.pool, 'train'),
    test: writePrompts(join(root, 'test.jsonl'), PROMPTS.test, 'test'),
  };
  const usual = chaosConfig(SHAPE, files);
  // Nothing is killed here, and a busy machine must not look like a death.
  usual.heartbeat = { batchSeconds: 30, trainingSeconds: 60 };
  const { target } = usual;
  if (target?.serve?.kind === 'endpoint') target.serve.models = { ...ANSWERS, I0: 'poet' };
  const python = process.env['FLYWHEEL_PYTHON'];
  const stand = await openStand(servers, root, name, SHAPE);
  let worker: RunningWorker | null = null;
  try {
    process.env['FLYWHEEL_PYTHON'] = stand.python;
    const { home, ...settings } = await stand.workerSettings(olderBuild ? 'older' : 'today');
    worker = await startWorker({ ...settings, paths: homePaths(home) });
    await stand.start({ config: config(usual) }, type);
    await act?.(stand);
    // A scenario may end in failure or cancellation on purpose.
    await stand
      .run()
      .result()
      .catch(() => undefined);
    const histories: string[] = [];
    for (const runId of stand.starts())
      for await (const { history } of executionsOf(servers.client, stand.run().workflowId, runId))
        histories.push(historyToJSON(history));
    return histories;
  } finally {
    await worker?.stop();
    await stand.close();
    if (python === undefined) delete process.env['FLYWHEEL_PYTHON'];
    else process.env['FLYWHEEL_PYTHON'] = python;
  }
}
