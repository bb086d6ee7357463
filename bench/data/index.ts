import type { Bench } from '../bench';
import { importCleanRows } from './import-clean';

export const bench: Bench = {
  name: 'data',
  about: 'rows a second and memory of the data factory on synthetic conversations with planted duplicates and dirt',
  run: importCleanRows,
};
