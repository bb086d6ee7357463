import type { Bench } from '../bench';
import { factoryRows } from './factory';
import { importCleanRows } from './import-clean';
import { nearDuplicateRows } from './near-duplicates';
import { selectionRows } from './selection';

export const bench: Bench = {
  name: 'data',
  about:
    'rows a second and memory of the data factory on synthetic conversations with planted duplicates and dirt, and of selection from battles',
  async *run(options) {
    yield* await importCleanRows(options);
    yield* await nearDuplicateRows(options);
    yield* await factoryRows(options);
    yield* await selectionRows(options);
  },
};
