import type { Charts } from './charts';
import type { Section } from './sections';
import type { Story } from './story';
import { number, text, whole } from './tables';
import { grouped, ratingWords } from './text';

/** Events that a report shows, the newest ones. */
const MOST_EVENTS = 100;

/** What was run. */
export function whatWasRun({ facts }: Story): Section {
  return {
    ...{ title: 'What was run', chart: null, paragraphs: [], code: null },
    table: { columns: [text(''), whole('')], rows: facts.map(([name, value]) => [name, value]) },
  };
}

/** Each step with what its gate said; none in an arena alone. */
export function decisions({ steps }: Story, { rounds }: Charts): Section[] {
  if (steps.length === 0) return [];
  return [
    {
      title: 'Steps and decisions',
      chart: rounds,
      paragraphs: [
        "A gate lets a candidate pass or keeps its opponent, by the candidate's mean game score on prompts that no earlier gate used. I0 is the start; r1-sft-a1 the SFT stage of round 1 in attempt 1.",
      ],
      table: {
        columns: [
          text('step'),
          text('decision'),
          ...['rating', 'battles', 'rows', 'minutes'].map(number),
          text('gate'),
        ],
        rows: steps.map(({ label, decision, rating, battles, rows, seconds, gate }) => [
          label,
          decision,
          rating ? ratingWords(rating.rating, rating.lower, rating.upper) : '',
          grouped(battles),
          grouped(rows),
          (seconds / 60).toFixed(1),
          gate ?? '',
        ]),
      },
      code: null,
    },
  ];
}

/** What was trained on; none in an arena alone. */
export function trainingData({ datasets }: Story): Section[] {
  if (datasets.length === 0) return [];
  return [
    {
      ...{ title: 'The training data', chart: null, code: null },
      paragraphs: [
        "Every row carries the battles that made it: `flywheel data trace DATASET#ROW` leads to the judge's texts and the source file. New: rows of this stage's own battles; the others are of earlier rounds.",
      ],
      table: {
        columns: [text('dataset'), text('kind'), ...['rows', 'new'].map(number), text('sha256')],
        rows: datasets.map(({ id, kind, rows, newRows, sha256 }) => [
          id,
          kind,
          grouped(rows),
          newRows === null ? '' : grouped(newRows),
          sha256.slice(0, 16),
        ]),
      },
    },
  ];
}

/** Who did what, and when. */
export function whatHappened({ events }: Story): Section[] {
  if (events.length === 0) return [];
  const shown = events.slice(-MOST_EVENTS);
  return [
    {
      ...{ title: 'What happened', chart: null, code: null },
      paragraphs: [
        shown.length < events.length
          ? `The newest ${MOST_EVENTS} of ${grouped(events.length)} events; times are UTC.`
          : 'Times are UTC.',
      ],
      table: {
        columns: [text('time'), text('event'), whole('')],
        rows: shown.map(({ at, kind, sentence }) => [at.slice(0, 19).replace('T', ' '), kind, sentence]),
      },
    },
  ];
}

/** How it is done again. */
export function howToReproduce({ configuration, command }: Story): Section {
  return {
    ...{ title: 'How to reproduce it', chart: null, table: null },
    paragraphs: [
      `Save the configuration below as config.yaml, set the variables that its keys name, and run: ${command}`,
      'On the same database answers and verdicts are stored and cost nothing; elsewhere everything is asked for anew, and a judge or player that samples will not say quite the same. Ratings, selection and splits follow from the stored rows and the seed.',
    ],
    code: configuration,
  };
}
