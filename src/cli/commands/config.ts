import type { Command } from 'commander';
import { configHash } from '../../config/freeze';
import { loadConfig } from '../../config/load';
import { configJsonSchema } from '../../config/schema';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson } from '../output';

export function configCommand(): Command {
  const schema = describedCommand(
    'schema',
    'Print the JSON Schema of the configuration file.',
    'config schema > flywheel.schema.json',
  )
    .option(...JSON_OPTION)
    .action(() => sayJson(configJsonSchema()));
  const check = describedCommand(
    'check',
    'Check the form of a configuration file; `doctor FILE` also tries what it names.',
    'config check my-run.yaml',
  )
    .argument('<file>', 'YAML or JSON')
    .option(...JSON_OPTION)
    .action(checkFile);
  return describedCommand('config', 'Look at configuration files.', 'config check my-run.yaml')
    .addCommand(check)
    .addCommand(schema);
}

async function checkFile(file: string, { json = false }: { json?: boolean }): Promise<void> {
  const config = await loadConfig(file);
  const { name, rounds, stages, competitors } = config;
  const hash = configHash(config);
  if (json) sayJson({ ok: true, name, hash, config });
  else
    say(
      `${file} is a valid configuration: ${name}, ${rounds} rounds of ${stages.join(', ')}, ${competitors.length} competitors; hash ${hash}.`,
    );
}
