import { type Bench, type BenchOptions, type Row, wantedParts } from '../bench';
import { factoryRows } from './factory';
import { importCleanRows } from './import-clean';
import { nearDuplicateRows } from './near-duplicates';
import { selectionRows } from './selection';

const PARTS: Record<string, (options: BenchOptions) => Promise<Row[]> | AsyncIterable<Row>> = {
  'import-clean': importCleanRows,
  'near-duplicates': nearDuplicateRows,
  factory: factoryRows,
  selection: selectionRows,
};

/** FLYWHEEL_BENCH_ROWS, such as `factory,selection`, measures some parts alone. */
export const bench: Bench = {
  name: 'data',
  about:
    'rows a second and memory of the data factory on synthetic conversations with planted duplicates and dirt, and of selection from battles',
  async *run(options) {
    for (const measure of wantedParts(PARTS)) yield* await measure(options);
  },
};
