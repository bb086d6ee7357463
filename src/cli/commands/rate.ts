import { InvalidArgumentError, Option, type Command } from 'commander';
import { observationsOf } from '../../arena/battle-table';
import { onlineElo } from '../../arena/elo';
import { rateTable } from '../../arena/rate';
import { readBattles } from '../../arena/read-battles';
import type { Anchor, Resample } from '../../arena/types';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { note, say, sayJson, table as textTable } from '../output';
import { ratingsTable } from '../ratings';

interface Options {
  anchor?: Anchor;
  resample?: Resample;
  rounds: number;
  seed: number;
  point?: 'median' | 'fit';
  elo?: boolean;
  json?: boolean;
}

export function rateCommand(): Command {
  return describedCommand(
    'rate',
    'Bradley-Terry ratings with bootstrap intervals from a file of battles: CSV, JSONL or a JSON array, plain, gzip or zstd, with model_a, model_b, winner, and if known prompt_id and weight; or battle logs and judgments as LMSYS, MT-bench, Arena-Hard and AlpacaEval publish them.',
    'rate battles.jsonl',
    'rate battles.csv --anchor llama-2-70b-chat=1100 --json',
  )
    .argument('<file>', 'the battles; - for stdin')
    .option('--anchor <model=rating>', 'the model that fixes the scale (default: the mean of all is 1000)', anchor)
    .addOption(
      new Option(
        '--resample <unit>',
        'what the bootstrap draws (default: prompts where every battle names one)',
      ).choices(['battle', 'prompt']),
    )
    .option('--rounds <n>', 'bootstrap rounds; 0: no intervals', wholeNumber(), 1000)
    .option('--seed <n>', 'of the bootstrap', wholeNumber(), 0)
    .addOption(
      new Option('--point <which>', "the rating shown: the bootstrap's median (the paper) or the fit").choices([
        'median',
        'fit',
      ]),
    )
    .option(
      '--elo',
      'online Elo beside it (K = 4, from 1000, in the order of the file): for comparison with published tables',
    )
    .option(...JSON_OPTION)
    .action(rateFile);
}

async function rateFile(file: string, { json = false, elo = false, ...options }: Options): Promise<void> {
  const { table, format, skipped } = await readBattles(file);
  const ratings = rateTable(table, options);
  const online = elo ? onlineElo(observationsOf(table)) : null;
  if (json) {
    sayJson({ ...ratings, ...(online ? { elo: Object.fromEntries(online) } : {}), format, skipped });
    return;
  }
  say(ratingsTable(ratings.models));
  if (online)
    say(
      `\n${textTable(
        ['model', { name: 'online Elo', numbers: true }],
        [...online].sort(([, x], [, y]) => y - x).map(([model, rating]) => [model, rating.toFixed(1)]),
      )}`,
    );
  for (const { reason, count, firstLine } of skipped)
    note(`${count} records left out: ${reason} (the first in line ${firstLine}).`);
  for (const warning of ratings.warnings) note(warning);
}

/** `NAME=RATING`; the name may hold equals signs. */
function anchor(text: string): Anchor {
  const at = text.lastIndexOf('=');
  const [model, rating] = [text.slice(0, Math.max(0, at)).trim(), text.slice(at + 1).trim()];
  if (model !== '' && rating !== '' && Number.isFinite(Number(rating))) return { model, rating: Number(rating) };
  throw new InvalidArgumentError('Give a model and its rating, for example llama-2-70b-chat=1100.');
}
