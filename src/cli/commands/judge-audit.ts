import type { Command } from 'commander';
import { audit, type Audit } from '../../judge/audit/audit';
import type { Measure } from '../../judge/audit/clustered';
import { readJudgements } from '../../judge/audit/read';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';

export function judgeAuditCommand(): Command {
  return describedCommand(
    'audit',
    "A judge's verdicts beside human votes: agreement, position and length bias, with intervals by question. Files in the forms that flywheel rate reads.",
    'judge audit --human votes.jsonl --judge gpt-4_pair.jsonl',
  )
    .requiredOption('--human <file>', 'human votes')
    .requiredOption('--judge <file>', "the judge's verdicts")
    .option(...JSON_OPTION)
    .action(auditFiles);
}

async function auditFiles({ human, judge, json = false }: { human: string; judge: string; json?: boolean }) {
  const [people, judged] = [await readJudgements(human), await readJudgements(judge)];
  const result = audit(people.judgements, judged.judgements);
  if (json) sayJson(result);
  else say(table(['measure', 'value', { name: 'n', numbers: true }, 'meaning'], rowsOf(result)));
}

function rowsOf({ agreement, position, length, peopleLength, invalid }: Audit): string[][] {
  return [
    ...agreement.flatMap(({ turn, judge, people }) => {
      const of = turn === null ? '' : `, turn ${turn}`;
      return [
        row(
          `agreement with ties${of}`,
          judge.withTies,
          'The judge says what a person says; an inconsistent verdict is a tie.',
        ),
        row(`agreement without ties${of}`, judge.withoutTies, 'The same where both name a winner.'),
        row(`kappa${of}`, judge.kappa, 'Agreement beyond chance: 1 full, 0 none.'),
        row(`people, with ties${of}`, people.withTies, 'Two people say the same: the ceiling.'),
        row(`people, without ties${of}`, people.withoutTies, 'The same where both name a winner.'),
      ];
    }),
    row('inconsistent', position.inconsistent, 'The verdict turns when the answers are swapped.'),
    row('first shown', position.firstShown, 'Mean score of the answer shown first; .5 is no advantage.'),
    row('longer wins', length.longerWins, 'The judge prefers the longer answer.'),
    row('longer wins, people', peopleLength.longerWins, 'People do.'),
    row('length slope', length.slope, 'Log-odds that twice the length brings.'),
    row('length slope, people', peopleLength.slope, 'The same of people.'),
    row('invalid', invalid, 'No verdict could be read.'),
  ];
}

function row(name: string, { value, lower, upper, n }: Measure, meaning: string): string[] {
  const figure = value === null ? 'not known' : value.toFixed(4);
  const interval = lower === null || upper === null ? '' : ` (${lower.toFixed(4)} to ${upper.toFixed(4)})`;
  return [name, figure + interval, String(n), meaning];
}
