import type { Bench } from '../bench';
import { factoryRows } from './factory';
import { importCleanRows } from './import-clean';
import { nearDuplicateRows } from './near-duplicates';
import { selectionRows } from './selection';

export const bench: Bench = {
  name: 'data',
  about:
    'rows a second and memory of the data factory on synthetic conversations with planted duplicates and dirt, and of selection from battles',
  run: async (options) => [
    ...(await importCleanRows(options)),
    ...(await nearDuplicateRows(options)),
    ...(await factoryRows(options)),
    ...(await selectionRows(options)),
  ],
};
