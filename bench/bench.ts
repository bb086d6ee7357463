/** One measured figure beside its goal. `ok` is null where a figure stands for itself or could not be measured: `note` says why. */
export interface Row {
  name: string;
  goal: string;
  figure: number;
  unit: string;
  ok: boolean | null;
  note?: string;
}

export interface BenchOptions {
  /** A small form that shows that the bench runs, for the tests. */
  short: boolean;
  /** Tells a person on stderr what happens. */
  say: (line: string) => void;
}

/** A bench measures one thing, with its peer or its limit in the same run. */
export interface Bench {
  name: string;
  /** One sentence: what is measured, beside what. */
  about: string;
  /** Yields each part's rows when they are measured, so that they stand where a later part fails. */
  run(options: BenchOptions): AsyncIterable<Row>;
}

/**
 * The parts of a bench that are asked for: those that FLYWHEEL_BENCH_ROWS names, such as `capacity,workers`, else all.
 * @throws Error where it names another.
 */
export function wantedParts<Part>(parts: Readonly<Record<string, Part>>): Part[] {
  const names = process.env['FLYWHEEL_BENCH_ROWS']?.split(',') ?? Object.keys(parts);
  return names.map((name) => {
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined)
      throw new Error(`FLYWHEEL_BENCH_ROWS: there is no ${name}; known are ${Object.keys(parts).join(', ')}`);
    return part;
  });
}
