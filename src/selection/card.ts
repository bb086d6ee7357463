import { countTokens } from './length';
import type { LengthEffect } from './length-guard';
import type { AnswerCounts } from './material';
import type { TrainingRow } from './rows';

/** What a dataset's card says, as JSON: enough to judge it without opening it. */
export interface DatasetCard {
  id: string;
  kind: string;
  rows: number;
  sha256: string;
  /** Selection settings that made the new rows. */
  settings: unknown;
  /** Groups of the new battles by what became of them. */
  counts: Record<string, number>;
  /** Rows by the round that made them: data accumulate. */
  rounds: Record<string, number>;
  /** Answers of the new battles, and how many of them were cut by length, refuse, name a maker or are empty; null: no battles. */
  answers: AnswerCounts | null;
  /** Rows by the name of the player whose answer is chosen. */
  chosen: Record<string, number>;
  /** Mean tokens (words and punctuation marks); null where the rows have no such text. */
  meanTokens: { prompt: number; chosen: number | null; rejected: number | null };
  lengthEffect: LengthEffect | null;
}

/** Where the card of the dataset in a file stands, beside it. */
export const cardFiles = (path: string) => ({
  json: path.replace(/jsonl$/, 'card.json'),
  markdown: path.replace(/jsonl$/, 'card.md'),
});

/** Counts rows, one after the other, for their dataset's card. */
export function createCardCounts() {
  const rounds: Record<string, number> = {};
  const chosen: Record<string, number> = {};
  const lengths = { prompt: createMean(), chosen: createMean(), rejected: createMean() };
  let rows = 0;
  return {
    add(row: TrainingRow): void {
      rows += 1;
      rounds[row.meta.round] = (rounds[row.meta.round] ?? 0) + 1;
      if (row.meta.chosen !== undefined) chosen[row.meta.chosen] = (chosen[row.meta.chosen] ?? 0) + 1;
      lengths.prompt.add(tokensOf(row.prompt));
      if ('completion' in row) lengths.chosen.add(tokensOf(row.completion));
      if ('chosen' in row) lengths.chosen.add(tokensOf(row.chosen));
      if ('rejected' in row) lengths.rejected.add(tokensOf(row.rejected));
    },
    /** Ids of the players whose answers are chosen. */
    players: (): string[] => Object.keys(chosen),
    card(
      about: Pick<DatasetCard, 'id' | 'kind' | 'sha256' | 'settings' | 'counts' | 'lengthEffect' | 'answers'>,
      nameOf: (player: string) => string,
    ): DatasetCard {
      const { prompt, chosen: chosenTokens, rejected } = lengths;
      const byName: Record<string, number> = {};
      for (const [player, n] of Object.entries(chosen)) byName[nameOf(player)] = (byName[nameOf(player)] ?? 0) + n;
      return {
        ...about,
        ...{ rows, rounds, chosen: byName },
        meanTokens: { prompt: prompt.value() ?? 0, chosen: chosenTokens.value(), rejected: rejected.value() },
      };
    },
  };
}

const tokensOf = (messages: readonly { content: string }[]): number =>
  messages.reduce((sum, { content }) => sum + countTokens(content), 0);

function createMean() {
  let [sum, count] = [0, 0];
  return {
    add(value: number): void {
      sum += value;
      count += 1;
    },
    value: (): number | null => (count === 0 ? null : sum / count),
  };
}

/** The card as Markdown, beside the dataset's file. Names come from the configuration and ids: cells are kept in one piece. */
export function cardMarkdown(card: DatasetCard): string {
  const { meanTokens, lengthEffect: effect } = card;
  const list = (entries: Record<string, number>) =>
    Object.entries(entries)
      .map(([name, n]) => `| ${cell(name)} | ${n} |`)
      .join('\n');
  const figure = (value: number | null) => (value === null ? 'none' : value.toFixed(1));
  return `# Dataset ${cell(card.id)}

${card.rows} rows of ${card.kind}, sha256 \`${card.sha256}\`.

Mean tokens (words and punctuation marks): prompt ${figure(meanTokens.prompt)}, chosen ${figure(meanTokens.chosen)}, rejected ${figure(meanTokens.rejected)}.
${
  effect
    ? `An answer of double length gains ${(effect.beta * Math.LN2).toFixed(2)} judge points in its battle (95% interval ${(effect.lower * Math.LN2).toFixed(2)} to ${(effect.upper * Math.LN2).toFixed(2)}, β ${effect.beta.toFixed(3)}, ${effect.battles} battles, within pairs of players).`
    : 'The effect of length on the margin is unknown: too few battles, or lengths that never differ.'
}

${
  card.answers
    ? `${faults(card.answers)}
`
    : ''
}
| what became of the groups of new battles | |
| --- | ---: |
${list(card.counts)}

| rows of round | |
| --- | ---: |
${list(card.rounds)}

| chosen answers of player | |
| --- | ---: |
${list(card.chosen)}

Settings:

\`\`\`json
${JSON.stringify(card.settings, null, 2)}
\`\`\`
`;
}

/** The shares of answers that settings may keep from being chosen. */
function faults({ answers, truncated, refusal, namesMaker, empty }: AnswerCounts): string {
  const share = (n: number) => `${(answers === 0 ? 0 : (100 * n) / answers).toFixed(1)}%`;
  return `Of ${answers} answers in these groups ${share(truncated)} were cut by length, ${share(refusal)} refuse, ${share(namesMaker)} name a model or its maker as the speaker, ${share(empty)} are empty.`;
}

const cell = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/[|\\`<]/g, (sign) => `\\${sign}`);
