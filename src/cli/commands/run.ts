import type { Command } from 'commander';
import { loadConfig } from '../../config/load';
import { findTemporal, withClient } from '../connect';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson } from '../output';
import { standings } from '../standings';
import { startAndFollow } from '../start-and-follow';

interface Options {
  id?: string;
  rounds?: number;
  detach?: boolean;
  json?: boolean;
}

export function runCommand(): Command {
  return describedCommand(
    'run',
    'Start a run from a configuration, or continue one, and follow it to its end. Ctrl-C ends the following only (exit code 130).',
    'run my-run.yaml',
    'run my-run.yaml --id second-try --detach',
    'run my-run.yaml --rounds 4    # a finished run goes on for more rounds',
  )
    .argument('<config>', 'configuration file, YAML or JSON')
    .option('--id <id>', "the run's key, its workflow id (default: the configuration's name)")
    .option('--rounds <n>', 'rounds in all, instead of those of the configuration', wholeNumber())
    .option('--detach', 'start only, and do not follow')
    .option(...JSON_OPTION)
    .action(run);
}

async function run(file: string, { id: asked, rounds, detach = false, json = false }: Options): Promise<void> {
  const config = await loadConfig(file);
  const id = asked ?? config.name;
  const address = findTemporal();
  const input = { config, ...(rounds === undefined ? {} : { rounds }) };
  const progress = await withClient(address, (client) =>
    startAndFollow(client, address, { command: 'run', id, input, file, detach, json }),
  );
  if (!progress) return;
  if (json) sayJson(progress);
  else say(standings(progress));
}
