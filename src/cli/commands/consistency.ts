import type { Command } from 'commander';
import { anchorsOf, consistency, type Consistency } from '../../arena/consistency';
import { readRatings } from '../../arena/read-ratings';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';

export function consistencyCommand(): Command {
  return describedCommand(
    'consistency',
    'How well an arena tells what a reference tells, in percent: two rating tables (CSV: model, rating, lower, upper).',
    'consistency lmsys.csv mine.csv',
    'consistency lmsys.csv mine.csv --without llama-2-70b-chat',
  )
    .argument('<reference>', 'for example human votes')
    .argument('<candidate>', 'the arena to measure')
    .option(
      '--without <name>',
      'leave a model out; may be given several times',
      (name: string, before: string[]) => [...before, name],
      [],
    )
    .option(...JSON_OPTION)
    .action(compare);
}

interface Options {
  without: string[];
  json?: boolean;
}

function compare(referenceFile: string, candidateFile: string, { without, json = false }: Options): void {
  const reference = readRatings(referenceFile);
  const candidate = readRatings(candidateFile);
  const result = consistency(reference, candidate, { without });
  const kept = reference.filter(({ model }) => !without.includes(model));
  const anchors = anchorsOf(kept, candidate);
  const withoutAnchor = anchors.length > 0 ? consistency(kept, candidate, { without: anchors }) : undefined;
  if (json) {
    sayJson({ ...result, ...(withoutAnchor ? { withoutAnchor: { ...withoutAnchor, anchors } } : {}) });
    return;
  }
  show(result);
  if (withoutAnchor) {
    say(`\nWithout the anchor (an interval of no width is separated by that alone): ${anchors.join(', ')}\n`);
    show(withoutAnchor);
  }
}

function show({ models, pairs, spearman, agreement, differentiation, average }: Consistency): void {
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
