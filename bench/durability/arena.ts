import { writeFileSync } from 'node:fs';
import type { ConfigInput } from '../../src/config/schema';
import { sandboxJudge, sandboxPlayer } from '../../test/support/tiny';

const PLAYERS = ['poet', 'clerk', 'tutor', 'coder'] as const;
/** Battles of one prompt: every pair of four players. */
export const BATTLES_PER_PROMPT = (PLAYERS.length * (PLAYERS.length - 1)) / 2;

/** Scripted players on so many made-up prompts, and the one scripted judge that takes any text. */
export function arenaConfig(file: string, prompts: number, concurrency: number): ConfigInput {
  const lines = Array.from({ length: prompts }, (_, index) =>
    JSON.stringify({ prompt: `Question ${index}: which number comes ${(index * 7919) % 100_003} places after it?` }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  return {
    name: 'durability',
    competitors: PLAYERS.map((player) => sandboxPlayer(player, concurrency)),
    judge: sandboxJudge('feature-judge', concurrency),
    prompts: { source: [file] },
    evaluation: { testSet: [file], size: prompts, bootstrapRounds: 100 },
  };
}
