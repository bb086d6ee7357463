import type { Chart, Charts } from './charts';
import { MOST_PAIRS } from './charts/outcomes';
import { MOST_IN_MAP } from './charts/win-rates';
import { totalSpend, type Report } from './document';
import { efficiencyFinding } from './efficiency';
import { agreementFinding, consistencyFinding, spendFinding } from './findings';
import { OUTCOMES } from './outcomes';
import { decisions, howToReproduce, trainingData, whatHappened, whatWasRun } from './story-sections';
import { number, ratingsTable, text, type Table } from './tables';
import { grouped, percent, ratingWords } from './text';

/** A part of a report before it becomes Markdown or HTML: plain texts, which the renderer escapes. */
export interface Section {
  title: string;
  chart: Chart | null;
  paragraphs: string[];
  table: Table | null;
  /** A text to copy, as it is. */
  code: string | null;
}

/** The sections of a report in their order. */
export function sectionsOf(report: Report, charts: Charts): Section[] {
  return [
    ratings(report, charts),
    ...decisions(report.story, charts),
    winRates(report, charts),
    outcomes(report, charts),
    judges(report, charts),
    ...trainingData(report.story),
    spend(report),
    whatWasRun(report.story),
    ...whatHappened(report.story),
    howToReproduce(report.story),
  ];
}

/** What was played, who judged it, and what the judge's word is worth. */
export function summaryOf({ judge, table, pairs }: Report): string {
  const battles = pairs.reduce((sum, pair) => sum + pair.battles, 0);
  const played = `${grouped(table.models.length)} players met in ${grouped(battles)} battles, judged by ${judge.name}`;
  if (!judge.trains) return `${played}.`;
  return judge.heldOut
    ? `${played}, which selects no training data.`
    : `${played}, which also selects the training data: these ratings may flatter the trained models.`;
}

function ratings({ table, difference }: Report, { ratings: chart }: Charts): Section {
  const unit = table.resample === 'prompt' ? 'prompts' : 'battles';
  const compared = difference
    ? [
        `Points of ${difference.model} above the champion ${difference.champion}, on the same prompts: ${ratingWords(difference.difference, difference.lower, difference.upper)}.`,
      ]
    : [];
  return {
    title: 'Ratings',
    chart,
    paragraphs: [
      `Bradley-Terry maximum likelihood, scale 400, base 10; the ${table.point === 'median' ? 'rating is the median' : 'interval is from the percentiles'} of ${grouped(table.rounds)} bootstrap rounds over ${grouped(table.clusters)} ${unit}. se: standard error, clustered by prompt.`,
      ...compared,
      ...table.warnings,
    ],
    table: ratingsTable(table.models),
    code: null,
  };
}

function winRates({ table }: Report, { winRates: chart }: Charts): Section {
  const cut = table.models.length > MOST_IN_MAP;
  return {
    title: 'Who beats whom',
    chart,
    paragraphs: [
      `Share of the readable games that the row's player won against the column's, a tie half a win.${cut ? ` The map shows the ${MOST_IN_MAP} highest rated players.` : ''}`,
    ],
    table: null,
    code: null,
  };
}

function outcomes({ pairs }: Report, { outcomes: chart }: Charts): Section {
  const cut = pairs.length > MOST_PAIRS;
  return {
    title: 'How the battles ended',
    chart,
    paragraphs: [
      `A battle is two games with the answers swapped. Inconsistent: each order has another winner. Invalid: a verdict could not be read. Failed: an answer or a verdict never came. Invalid and failed battles rate nobody.${cut ? ` The chart shows the first ${MOST_PAIRS} of ${pairs.length} pairs, the table all.` : ''}`,
    ],
    table: {
      columns: [text('first'), text('second'), ...['battles', 'games won by first', ...OUTCOMES].map(number)],
      rows: pairs.map((pair) => [
        pair.a,
        pair.b,
        grouped(pair.battles),
        pair.winRate === null ? '' : percent(pair.winRate),
        ...OUTCOMES.map((outcome) => grouped(pair[outcome])),
      ]),
    },
    code: null,
  };
}

function judges({ judges: all, agreement }: Report, { judges: chart }: Charts): Section {
  return {
    title: 'The judges',
    chart,
    paragraphs: [
      ...all.map((judge) => `${consistencyFinding(judge)}.`),
      ...(agreement
        ? [
            `${agreementFinding(agreement)}; an inconsistent battle counts as a tie, and kappa is 0 where they agree as often as chance would.`,
          ]
        : []),
    ],
    table: {
      columns: [
        text('judge'),
        text('role'),
        ...['battles', 'inconsistent', 'invalid', 'failed', 'won by the answer shown first'].map(number),
      ],
      rows: all.map(({ judge, role, battles, inconsistentShare, invalidShare, failed, firstShownShare }) => [
        judge,
        role,
        grouped(battles),
        ...[inconsistentShare, invalidShare].map(share),
        grouped(failed),
        share(firstShownShare),
      ]),
    },
    code: null,
  };
}

function spend({ spend: parties, efficiency }: Report): Section {
  const total = totalSpend(parties);
  const finding = efficiencyFinding(efficiency);
  return {
    title: 'What it cost',
    chart: null,
    paragraphs: [
      `${spendFinding(parties)}. Each call counts as it was billed to this run; what another run had bought already cost nothing.`,
      ...(finding === '' ? [] : [`${finding}.`]),
    ],
    table: {
      columns: [text('who'), text('role'), ...['calls', 'failed', 'tokens', 'USD'].map(number)],
      rows: [...parties, { name: 'all', role: '', ...total }].map(({ name, role, calls, failedCalls, tokens, usd }) => [
        name,
        role,
        grouped(calls),
        grouped(failedCalls),
        grouped(tokens),
        usd.toFixed(4),
      ]),
    },
    code: null,
  };
}

const share = (value: number | null) => (value === null ? '' : percent(value));
