import type { Audit, AuditPart } from '../judge/audit/audit';
import type { Measure } from '../judge/audit/clustered';
import { table } from './output';

/** One measure: what it is called, its figures, and in a sentence how to read them. */
type Row = [name: string, measure: Measure, sentence: string];

/** An audit for people: what is known as a table with a sentence for each measure, and what is not in a line below. */
export function auditTable({ agreement, position, length, peopleLength, invalid }: Audit): string {
  const rows: Row[] = [
    ...agreement.flatMap(agreementRows),
    [
      'inconsistent',
      position.inconsistent,
      'The two games name different winners when the answers are swapped; 0 is best.',
    ],
    [
      'first-shown advantage',
      position.advantage,
      'What being shown first adds to the share of wins; 0 is no advantage.',
    ],
    ['longer wins, judge', length.longerWins, 'The judge prefers the longer answer; compare with people.'],
    ['longer wins, people', peopleLength.longerWins, 'People prefer the longer answer.'],
    ['length slope, judge', length.slope, 'Log-odds that twice the length brings; compare with people.'],
    ['length slope, people', peopleLength.slope, 'The same of people.'],
    ['invalid', invalid, 'No verdict could be read; 0 is best.'],
  ];
  const known = rows.filter(([, { value }]) => value !== null);
  const unknown = new Set(rows.filter(([, { value }]) => value === null).map(([name]) => name.trim()));
  const drawn = table(
    ['', { name: 'value', numbers: true }, '95% interval', { name: 'n', numbers: true }, ''],
    known.map(([name, measure, sentence]) => [name, shown(measure.value), interval(measure), `${measure.n}`, sentence]),
  );
  return unknown.size > 0 ? `${drawn}\n\nNot known from what was given: ${[...unknown].join('; ')}.` : drawn;
}

function agreementRows({ turn, judge, people }: AuditPart): Row[] {
  const of = turn === null ? '' : `, turn ${turn}`;
  return [
    [
      `agreement with ties${of}`,
      judge.withTies,
      'The judge says what a person says; an inconsistent verdict is a tie.',
    ],
    [`  people among themselves`, people.withTies, 'Two people say the same: the ceiling.'],
    [`agreement without ties${of}`, judge.withoutTies, 'The judge and the person both name a winner, and the same.'],
    [`  people among themselves`, people.withoutTies, 'Two people both name a winner, and the same: the ceiling.'],
    [`kappa${of}`, judge.kappa, 'Agreement with ties beyond chance: 1 is full, 0 is chance.'],
    [`  people among themselves`, people.kappa, 'The same of two people.'],
  ];
}

function interval({ lower, upper }: Measure): string {
  return lower === null || upper === null ? '' : `${shown(lower)} to ${shown(upper)}`;
}

function shown(value: number | null): string {
  return value === null ? '' : value.toFixed(4);
}
