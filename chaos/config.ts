import type { ConfigInput } from '../src/config/schema';
import type { ModelName } from '../src/sandbox/models';
import { sandboxJudge, sandboxPlayer, tinyConfig } from '../test/support/tiny';

/** Calls in flight at most, at each of the four players and both judges. */
const CONCURRENCY = 6;
export const IN_FLIGHT_MOST = 6 * CONCURRENCY;
/**
 * Signs of life come every two seconds. What a busy machine is late with them must not look like a death: then calls are made again that
 * nobody has lost.
 */
export const HEARTBEAT_SECONDS = 6;

/** Which run is disturbed. */
export interface Shape {
  seed: number;
  /** 1: all three stages; 2: two rounds of SFT alone, for what happens between rounds. */
  rounds: 1 | 2;
  /** Who trains: a scripted stage behind the real job contract, or real training of a tiny model. */
  trainer: 'scripted' | 'real';
  /** Who answers for checkpoints: scripted players at the endpoint, or the local model server (then the training is real). */
  serving: 'scripted' | 'local';
}

export interface RunFiles {
  base: string;
  pool: string;
  test: string;
}

/** Who answers in the place of each checkpoint: weights decide a player's identity, a scripted player what it says. */
const ANSWERS: Record<string, ModelName> = {
  I0: 'poet',
  'r1-sft-a1': 'clerk',
  'r1-dpo-a1': 'tutor',
  'r1-ppo-a1': 'coder',
  'r2-sft-a1': 'tutor',
};

/** Longer than any call that gets its reply; how long one that gets none is waited for. */
const timeoutSeconds = 4;

export const PROMPTS = { pool: 3 * 16 + 4 * 10, test: 12 };

/** A run of some seconds: the tests' tiny one, its checkpoints answered for by scripted players. */
export function chaosConfig({ seed, rounds, serving }: Shape, files: RunFiles): ConfigInput {
  const tiny = tinyConfig(files);
  const isLocal = serving === 'local';
  return {
    ...tiny,
    name: 'chaos',
    seed,
    rounds,
    stages: rounds === 1 ? ['sft', 'dpo', 'ppo'] : ['sft'],
    target: {
      base: files.base,
      sampling: { temperature: 1, maxTokens: 16 },
      serve: isLocal
        ? { kind: 'local', concurrency: CONCURRENCY }
        : { kind: 'endpoint', url: 'sandbox:', concurrency: CONCURRENCY, timeoutSeconds, models: ANSWERS },
    },
    competitors: (['poet', 'tutor', 'coder'] as const).map((name) => ({
      ...sandboxPlayer(name, CONCURRENCY),
      timeoutSeconds,
    })),
    judge: { ...sandboxJudge('data-judge', CONCURRENCY), timeoutSeconds },
    evaluation: {
      judge: { ...sandboxJudge('evaluation-judge', CONCURRENCY), timeoutSeconds },
      testSet: [files.test],
      size: PROMPTS.test,
      after: 'stage',
      bootstrapRounds: 100,
    },
    // Of a real model an answer may differ in a rounding; a gate that promotes each candidate keeps the same players.
    ...(isLocal ? { gate: { ...tiny.gate, margin: 0.5 } } : {}),
    heartbeat: { batchSeconds: HEARTBEAT_SECONDS, trainingSeconds: HEARTBEAT_SECONDS },
  };
}
