import type { Command } from 'commander';
import { loadConfig } from '../../config/load';
import { shellWord } from '../../shell-word';
import { findTemporal, withClient } from '../connect';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson } from '../output';
import { standings } from '../standings';
import { startAndFollow } from '../start-and-follow';

export function arenaCommand(): Command {
  const run = describedCommand(
    'run',
    'Play every pair of players on every prompt before the judge, and rate them; nothing is trained. The same command continues an arena, and buys nothing twice. Ctrl-C ends the following only (exit code 130).',
    'arena run my-arena.yaml',
    'arena run my-arena.yaml --id may-2026 --json',
  )
    .argument('<config>', 'configuration file, YAML or JSON: competitors, judge, prompts.source')
    .option('--id <id>', "the arena's key, its workflow id (default: the configuration's name)")
    .option('--detach', 'start only, and do not follow')
    .option(...JSON_OPTION)
    .action(runArena);
  return describedCommand(
    'arena',
    'An arena alone: a leaderboard, without any training.',
    'arena run my-arena.yaml',
  ).addCommand(run);
}

interface Options {
  id?: string;
  detach?: boolean;
  json?: boolean;
}

async function runArena(file: string, { id: asked, detach = false, json = false }: Options): Promise<void> {
  const config = await loadConfig(file);
  // A configuration with a target names a flywheel's run too, whose id must stay free for it.
  const id = asked ?? (config.target ? `${config.name}-arena` : config.name);
  const address = findTemporal();
  await withClient(address, async (client) => {
    const wanted = { command: 'arena run', id, input: { config }, file, detach, json } as const;
    const progress = await startAndFollow(client, address, wanted);
    if (!progress) return;
    if (json) sayJson(progress);
    else say(`${standings(progress)}\nA report with charts: npx flywheel report ${shellWord(id)}`);
  });
}
