import type { Report } from './document';
import { summaryOf, type Section } from './sections';
import type { Table } from './tables';
import { escapeMarkup, shortened } from './text';

/** Nothing is loaded and nothing runs: the styles and charts stand in the page itself. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `:root{color-scheme:light dark;--ink:#1c2128;--quiet:#57606a;--paper:#fff;--line:#d0d7de}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--quiet:#9aa4af;--paper:#14181d;--line:#343b44}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:60rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.15rem;margin:2.5rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem}.finding{font-weight:600}.quiet{color:var(--quiet);font-size:.9rem}
.scroll{overflow-x:auto;margin:.75rem 0}.scroll:focus-visible{outline:2px solid #2c8ac9}
.chart{display:block;width:100%;min-width:38rem;max-width:46rem;height:auto}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:normal}
th{color:var(--quiet);font-weight:600}.number{text-align:right;white-space:nowrap}td bdi{display:inline-block;max-width:18rem;overflow-wrap:break-word}td.long bdi{max-width:40rem}
pre{margin:0;padding:.75rem;border:1px solid var(--line);border-radius:.375rem;font:.8rem/1.45 ui-monospace,monospace;white-space:pre;max-height:30rem;overflow:auto}
@media print{pre{max-height:none;white-space:pre-wrap}.scroll{overflow:visible}}`;

/** Characters of a name in a table at most; report.json has all of it. */
const CELL = 100;

/** A report as one HTML page: no script, no link, no file beside it. */
export function htmlReport(report: Report, sections: readonly Section[]): string {
  const title = `${report.run}, ${report.label}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1><bdi>${escapeMarkup(title)}</bdi></h1>`,
    `<p>${escapeMarkup(summaryOf(report))}</p>`,
    ...sections.map(sectionHtml),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function sectionHtml({ title, chart, paragraphs, table, code }: Section): string {
  return [
    '<section>',
    `<h2>${escapeMarkup(title)}</h2>`,
    ...(chart
      ? [`<p class="finding">${escapeMarkup(chart.title)}</p>`, scrolling(`Chart: ${title}`, chart.figure)]
      : []),
    ...paragraphs.map((paragraph) => `<p class="quiet">${escapeMarkup(paragraph)}</p>`),
    ...(table ? [scrolling(`Table: ${title}`, tableHtml(table))] : []),
    ...(code === null ? [] : [scrolling(`Text: ${title}`, `<pre>${linesHtml(code)}</pre>`)]),
    '</section>',
  ].join('\n');
}

/** Line by line, because the ends of lines would be taken for what steers. */
function linesHtml(text: string): string {
  return text.trimEnd().split('\n').map(escapeMarkup).join('\n');
}

/** What is wider than a phone scrolls by itself, also by keyboard. */
function scrolling(label: string, content: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeMarkup(label)}">\n${content}\n</div>`;
}

function tableHtml({ columns, rows }: Table): string {
  const align = columns.map(({ numbers, long }) => (numbers ? ' class="number"' : long ? ' class="long"' : ''));
  const head = columns.map(({ name }, index) => `<th scope="col"${align[index] ?? ''}>${escapeMarkup(name)}</th>`);
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, index) => `<td${align[index] ?? ''}><bdi>${escapeMarkup(columns[index]?.long ? cell : shortened(cell, CELL))}</bdi></td>`).join('')}</tr>`,
  );
  return `<table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}
