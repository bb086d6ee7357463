import type * as PlotModule from '@observablehq/plot';
import { useEffect, useRef, useState } from 'react';
import { useDark } from '../parts/theme';
import { savePng } from './png';

export type Plot = typeof PlotModule;
let loading: Promise<Plot> | undefined;
const loadPlot = () => (loading ??= import('@observablehq/plot'));

/**
 * Hues of the Okabe-Ito palette, told apart with every common colour vision deficiency, in tones for paper of both kinds.
 * Source: Okabe and Ito 2008, https://jfly.uni-koeln.de/color/.
 */
export const palette = (dark: boolean) => ({
  ink: dark ? '#e6e9ed' : '#1b1f24',
  quiet: dark ? '#9aa4af' : '#5b6570',
  line: dark ? '#2d3640' : '#dfe3e7',
  paper: dark ? '#161b21' : '#ffffff',
  accent: dark ? '#5aa9ee' : '#1a66b0',
  orange: dark ? '#f0a63a' : '#c4620a',
  green: dark ? '#3fbf94' : '#00795a',
  pink: dark ? '#dd93b8' : '#a84f7f',
  yellow: dark ? '#e8d44d' : '#8a7400',
  sky: dark ? '#86cdf5' : '#3b8fbf',
  red: dark ? '#f0746a' : '#b93a2b',
});
export type Palette = ReturnType<typeof palette>;

/** Colours for series beside the main one. */
export const others = (p: Palette): string[] => [p.orange, p.green, p.pink, p.sky, p.yellow, p.red, p.quiet];

interface Props {
  /** What the chart shows, for who cannot see it; the figures stand in a table beside it. */
  label: string;
  height: number;
  draw: (plot: Plot, room: { width: number; colours: Palette; narrow: boolean }) => PlotModule.PlotOptions;
  /** File name of the PNG that the chart may be saved as; absent: none is offered. */
  png?: string;
  title?: string;
}

/** A chart by Observable Plot, drawn anew when its room, its data or the theme changes; its height is reserved from the start. */
export function Chart({ label, height, draw, png, title }: Props) {
  const room = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [plot, setPlot] = useState<Plot | null>(null);
  const dark = useDark();

  useEffect(() => void loadPlot().then((loaded) => setPlot(() => loaded)), []);
  useEffect(() => {
    const element = room.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = room.current;
    if (!element || !plot || width === 0) return;
    const colours = palette(dark);
    const svg = plot.plot({
      className: 'plot',
      width,
      height,
      ariaLabel: label,
      ...draw(plot, { width, colours, narrow: width < 520 }),
      style: { color: colours.ink, background: 'none', fontSize: '12px' },
    });
    // Plot brings a style element, which the content security policy refuses; styles.css has its rules.
    for (const style of svg.querySelectorAll('style')) style.remove();
    // An image has one name: those of its parts are for nobody, and not allowed on groups.
    for (const part of svg.querySelectorAll('[aria-label], [aria-description]')) {
      part.removeAttribute('aria-label');
      part.removeAttribute('aria-description');
    }
    svg.setAttribute('role', 'img');
    element.replaceChildren(svg);
  }, [plot, width, height, dark, draw, label]);

  return (
    <figure className="chart">
      <div ref={room} style={{ minHeight: height }} />
      {png !== undefined && (
        <button
          type="button"
          className="small"
          onClick={() => {
            const svg = room.current?.querySelector('svg');
            if (svg)
              void savePng(svg, png, { title: title ?? label, paper: palette(dark).paper, ink: palette(dark).ink });
          }}
        >
          Save as PNG
        </button>
      )}
    </figure>
  );
}
