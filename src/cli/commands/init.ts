import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { parseConfig } from '../../config/load';
import { configJsonSchema } from '../../config/schema';
import { messageOf, UserError } from '../../errors';
import { writeFileAtomic } from '../../files';
import { ask, Cancelled } from '../init/ask';
import { endpointFlag, playerFlag } from '../init/flags';
import { renderConfig } from '../init/render';
import type { Endpoint, Player, Wanted } from '../init/wanted';
import { shellWord } from '../../shell-word';
import { describedCommand, dollars, JSON_OPTION, wholeNumber } from '../options';
import { note, say, sayJson } from '../output';

interface Options {
  name?: string;
  base?: string;
  leaderboard?: boolean;
  player?: Player[];
  judge?: Endpoint;
  evaluationJudge?: Endpoint;
  prompts?: string[];
  rounds?: number;
  budget?: number;
  force?: boolean;
  json?: boolean;
}

export function initCommand(): Command {
  return describedCommand(
    'init',
    'Write a commented configuration with its JSON Schema for editors. Asks for what the options leave open; without a terminal the options must say it all.',
    'init',
    'init board.yaml --leaderboard --player id=mine,url=http://gpu1:8000/v1,model=my-7b --player id=gpt-4,answers=gpt-4.jsonl --judge url=http://gpu2:8000/v1,model=llama-3-70b --prompts prompts.jsonl',
  )
    .argument('[file]', 'where to write it', 'flywheel.yaml')
    .option('--name <name>', "the run's name (default: the file's)")
    .option('--base <folder>', 'the model to train, in Hugging Face form')
    .option('--leaderboard', 'battles and ratings only, nothing is trained')
    .option(
      '--player <fields>',
      'a competitor, once for each: id=…,url=…,model=…,key=env:… or id=…,answers=FILE',
      playerFlag,
    )
    .option('--judge <fields>', 'who judges: url=…,model=…,key=env:…', endpointFlag)
    .option('--evaluation-judge <fields>', 'another judge, which rates and gates', endpointFlag)
    .option('--prompts <sources...>', 'files of prompts, or pool:NAME')
    .option('--rounds <n>', 'rounds of battles and training', wholeNumber(1))
    .option('--budget <usd>', 'a cap on what the run may spend', dollars)
    .option('--force', 'replace files that are there')
    .option(...JSON_OPTION)
    .action(init);
}

async function init(file: string, options: Options): Promise<void> {
  const { force = false, json = false } = options;
  const path = resolve(file);
  const stem = basename(file).replace(/\.(ya?ml|json)$/i, '');
  const schema = `${stem}.schema.json`;
  const schemaPath = join(dirname(path), schema);
  const there = existsSync(path) ? file : null;
  if (there !== null && !force)
    throw new UserError(`${there} is there already: name another file, or replace it with --force.`);
  const wanted = await complete(given(options, stem), stem);
  if (!wanted) return;
  const text = renderConfig(wanted, { file: basename(file), schema });
  // What a run would refuse is told now.
  parseConfig(parse(text), { where: 'what was given', folder: dirname(path) });
  try {
    await writeFileAtomic(path, text);
    await writeFileAtomic(schemaPath, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  } catch (error) {
    throw new UserError(`${path} could not be written: ${messageOf(error)}. Name another place.`);
  }
  const next = nextCommands(shellWord(file), wanted);
  if (json) sayJson({ file: path, schema: schemaPath, next: next.map(([command]) => command) });
  else {
    const width = Math.max(...next.map(([command]) => command.length));
    const lines = next.map(([command, does]) => `  ${command.padEnd(width)}  # ${does}`);
    say([`Wrote ${file}, and ${schema} for editors. Next:`, '', ...lines].join('\n'));
  }
}

/** From a new configuration to its run; the forecast reads prompts and measurements in a database that is up. */
function nextCommands(
  file: string,
  { base, players, judge, evaluationJudge }: Wanted,
): [command: string, does: string][] {
  const asked = [...players, judge, ...(evaluationJudge ? [evaluationJudge] : [])];
  const keys = new Set(
    asked.flatMap((one) => ('key' in one && one.key !== null ? [one.key.replace(/^env:/, '')] : [])),
  );
  const held = keys.size === 0 ? '' : `; it needs ${[...keys].join(', ')}`;
  return [
    [`npx flywheel doctor ${file}`, 'what would go wrong, before anything is paid for'],
    ['npx flywheel up', `in another terminal: Postgres, Temporal, the dashboard, a worker${held}`],
    [`npx flywheel plan ${file}`, 'calls, tokens, money and hours'],
    [`npx flywheel ${base === null ? 'arena run' : 'run'} ${file}`, 'starts it and follows it'],
  ];
}

function given(
  { name, base, leaderboard, player, judge, evaluationJudge, prompts, rounds, budget }: Options,
  stem: string,
): Partial<Wanted> {
  if (leaderboard && base !== undefined)
    throw new UserError('--leaderboard trains nothing, and --base names a model to train: give one of them.');
  return {
    ...(name === undefined ? (process.stdin.isTTY ? {} : { name: stem }) : { name }),
    ...(leaderboard ? { base: null } : base === undefined ? {} : { base }),
    ...(player ? { players: player } : {}),
    ...(judge ? { judge } : {}),
    ...(evaluationJudge ? { evaluationJudge } : {}),
    ...(prompts ? { prompts } : {}),
    ...(rounds === undefined ? {} : { rounds }),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
  };
}

/** Completes what is given: with defaults where it suffices, by questions where somebody can answer them. Null: cancelled. */
async function complete(wanted: Partial<Wanted>, stem: string): Promise<Wanted | null> {
  const { name = 'flywheel', base, players, judge, prompts } = wanted;
  const missing = [
    ...(base === undefined ? ['--base FOLDER, or --leaderboard'] : []),
    ...(players ? [] : ['--player']),
    ...(judge ? [] : ['--judge']),
    ...(prompts ? [] : ['--prompts']),
  ];
  if (base !== undefined && players && judge && prompts)
    return { evaluationJudge: null, rounds: 3, budgetUsd: null, ...wanted, name, base, players, judge, prompts };
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError(
      `There is no terminal to ask on, and these are not given: ${missing.join(', ')}. See: npx flywheel init --help`,
    );
  try {
    return await ask(wanted, stem);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    note('Nothing was written.');
    process.exitCode = 130;
    return null;
  }
}
