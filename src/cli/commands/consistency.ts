import type { Command } from 'commander';
import { consistency } from '../../arena/consistency';
import { readRatings } from '../../arena/read-ratings';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';

export function consistencyCommand(): Command {
  return describedCommand(
    'consistency',
    'How well an arena tells what a reference tells, in percent: two rating tables (CSV: model, rating, lower, upper).',
    'consistency lmsys.csv mine.csv',
  )
    .argument('<reference>', 'for example human votes')
    .argument('<candidate>', 'the arena to measure')
    .option(...JSON_OPTION)
    .action(compare);
}

function compare(reference: string, candidate: string, { json = false }: { json?: boolean }): void {
  const result = consistency(readRatings(reference), readRatings(candidate));
  if (json) {
    sayJson(result);
    return;
  }
  const { models, pairs, spearman, agreement, differentiation, average } = result;
  say(
    table(
      ['measure', { name: '%', numbers: true }, 'meaning'],
      [
        ['Spearman', percent(spearman), 'rank correlation of the ratings'],
        ['Agreement', percent(agreement), 'pairs that the reference separates: same way +1, other way -1, open 0'],
        ['Differentiation', percent(differentiation), 'pairs that the candidate separates'],
        ['Average', percent(average), 'of the three'],
      ],
    ),
  );
  say(`\n${models} models in both tables, ${pairs} pairs.`);
}

function percent(value: number | null): string {
  return value === null ? 'not defined' : value.toFixed(2);
}
