import type { Bench } from '../bench';
import { importCleanRows } from './import-clean';
import { nearDuplicateRows } from './near-duplicates';

export const bench: Bench = {
  name: 'data',
  about: 'rows a second and memory of the data factory on synthetic conversations with planted duplicates and dirt',
  run: async (options) => [...(await importCleanRows(options)), ...(await nearDuplicateRows(options))],
};
