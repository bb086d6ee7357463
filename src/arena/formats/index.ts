import type { BattleFormat } from './format';

/** The published forms of battles that are read as they are. */
export const battleFormats: readonly BattleFormat[] = [];
