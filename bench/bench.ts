/** One measured figure beside its goal. `ok` is null where a figure stands for itself or could not be measured: `note` says why. */
export interface Row {
  name: string;
  goal: string;
  figure: number;
  unit: string;
  ok: boolean | null;
  note?: string;
}

/** A bench measures one thing, with its peer or its limit in the same run. */
export interface Bench {
  name: string;
  /** One sentence: what is measured, beside what. */
  about: string;
  /** `say` tells a person on stderr what happens. `short`: a small form that shows that the bench runs, for the tests. */
  run(options: { short: boolean; say: (line: string) => void }): Promise<Row[]>;
}
