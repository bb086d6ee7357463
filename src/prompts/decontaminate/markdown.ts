import type { ContaminationReport } from './report';

/** Characters of each text in the report. */
const WIDTH = 600;

/** All pairs with their similarity, for a person to judge; `of` says what was examined. Texts are quoted as code, so that nothing in them is read as Markdown. */
export function contaminationMarkdown(
  of: string,
  { rows, dropped, tests, embedder, lexical, pairs }: ContaminationReport,
): string {
  return [
    `# Contamination of ${of}`,
    `${dropped} of ${rows} prompts are too near to one of ${tests} tests, by the embedding ${embedder}.`,
    ...(lexical
      ? [
          'This embedding knows words, not meaning: it is not fit for the rule of the nearest prompts, and reworded tests stay unseen.',
        ]
      : []),
    ...pairs.flatMap(({ similarity, shared, prompt, test }, index) => [
      `## ${index + 1}. Similarity ${similarity.toFixed(3)}`,
      `Dropped (${prompt.line === null ? prompt.file : `${prompt.file}:${prompt.line}`}):`,
      quoted(prompt.text),
      `Test (${test.source}):`,
      quoted(test.text),
      ...(shared === null ? [] : ['Shared words:', quoted(shared)]),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

function quoted(text: string): string {
  const cut = text.length > WIDTH ? `${text.slice(0, WIDTH).toWellFormed()}…` : text;
  const longest = Math.max(2, ...(cut.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${cut}\n${fence}`;
}
