import { summaryOf, type Section } from './sections';
import type { Table } from './tables';
import type { Report } from './document';
import { escapeMarkdown, shown } from './text';

/** A table in GitHub-flavoured Markdown; cells are plain text and are escaped here. */
export function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ name }) => escapeMarkdown(name))),
    line(columns.map(({ numbers }) => (numbers ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ].join('\n');
}

/** A text between fences that are longer than any in it. */
function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}yaml\n${code.trimEnd().split('\n').map(shown).join('\n')}\n${fence}`;
}

/** A report as Markdown; its charts are files beside it. */
export function markdownReport(report: Report, sections: readonly Section[]): string {
  const parts = [
    `# ${escapeMarkdown(`${report.run}, ${report.label}`)}`,
    escapeMarkdown(summaryOf(report)),
    ...sections.flatMap(({ title, chart, paragraphs, table, code }) => [
      `## ${escapeMarkdown(title)}`,
      ...(chart ? [`![${escapeMarkdown(chart.title)}](${chart.name}.svg)`] : []),
      ...paragraphs.map(escapeMarkdown),
      ...(table ? [markdownTable(table)] : []),
      ...(code === null ? [] : [fenced(code)]),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}
