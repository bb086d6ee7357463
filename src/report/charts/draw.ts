import type * as Plot from '@observablehq/plot';
import { escapeMarkup, wrapped } from '../text';

/** A drawn chart. */
export interface Chart {
  /** File name without its ending; unique in a report. */
  name: string;
  /** The finding, as its title says it. */
  title: string;
  /** An SVG that stands alone in a file, with its title. */
  svg: string;
  /** The same without the title, for a page that shows it as its own text, which wraps on a phone. */
  figure: string;
}

export interface Drawing {
  name: string;
  title: string;
  /** What a reader who cannot see the chart should know, beside the table that stands with it. */
  description: string;
  legend?: readonly { label: string; colour: string }[];
  options: Omit<Plot.PlotOptions, 'document' | 'marks'>;
  marks: (plot: typeof Plot) => Plot.Markish[];
}

export const WIDTH = 720;
const LINE = 22;
/** In a wide system font a letter of the title takes 9 of the 720 units. */
const TITLE_CHARACTERS = 76;
/** What a letter of an axis takes at most, on average, and what stands around a label. */
const AXIS_CHARACTER = 7.5;
const AXIS_GAP = 20;
const LEGEND_CHARACTER = 7.2;

/**
 * Hues of the Okabe-Ito palette, told apart with every common colour vision deficiency; the blue is lighter than theirs,
 * to show on dark paper too, and `ink` follows the reader's theme. Source: Okabe and Ito 2008,
 * https://jfly.uni-koeln.de/color/.
 */
export const COLOURS = {
  blue: '#2c8ac9',
  vermilion: '#d55e00',
  orange: '#e69f00',
  purple: '#cc79a7',
  grey: '#8a929c',
  ink: 'var(--ink)',
} as const;

const STYLE = `.chart{--ink:#1c2128;--paper:#fff;font:13px system-ui,sans-serif;color:var(--ink)}
@media (prefers-color-scheme:dark){.chart{--ink:#e6e9ed;--paper:#14181d}}
.chart .paper{fill:var(--paper)}.chart .title{fill:var(--ink);font-weight:600;font-size:15px}.chart .key{fill:var(--ink)}`;

/** Room for the longest of some labels. */
export function roomFor(labels: readonly string[]): number {
  return AXIS_GAP + AXIS_CHARACTER * Math.max(0, ...labels.map((label) => label.length));
}

/** Draws a chart with Observable Plot on the server, with its title, its legend and its text alternative. */
export async function draw({ name, title, description, legend = [], options, marks }: Drawing): Promise<Chart> {
  const plot = await import('@observablehq/plot');
  const { parseHTML } = await import('linkedom');
  const { document } = parseHTML('<html></html>');
  const drawn = plot.plot({ width: WIDTH, className: 'plot', ...options, document, marks: marks(plot) });
  drawn.setAttribute('font-size', '12');
  const framed = (lines: readonly string[]): string => {
    const top = 10 + lines.length * LINE + (legend.length > 0 ? LINE : 0);
    const height = top + Number(drawn.getAttribute('height'));
    drawn.setAttribute('y', String(top));
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="${name}-title ${name}-desc">`,
      `<title id="${name}-title">${escapeMarkup(title)}</title><desc id="${name}-desc">${escapeMarkup(description)}</desc>`,
      `<style>${STYLE}</style><rect class="paper" width="${WIDTH}" height="${height}"/>`,
      ...lines.map((line, index) => `<text class="title" x="8" y="${(index + 1) * LINE}">${escapeMarkup(line)}</text>`),
      ...keys(legend, (lines.length + 1) * LINE),
      drawn.outerHTML,
      '</svg>',
    ].join('\n');
  };
  return { name, title, svg: framed(wrapped(title, TITLE_CHARACTERS)), figure: framed([]) };
}

function keys(legend: NonNullable<Drawing['legend']>, y: number): string[] {
  let x = 8;
  return legend.map(({ label, colour }) => {
    const key = `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${colour}"/><text class="key" x="${x + 17}" y="${y}">${escapeMarkup(label)}</text>`;
    x += 34 + label.length * LEGEND_CHARACTER;
    return key;
  });
}
