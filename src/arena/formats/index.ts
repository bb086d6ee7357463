import { alpacaEval } from './alpaca-eval';
import { arenaHard } from './arena-hard';
import { evalica } from './evalica';
import type { BattleFormat } from './format';
import { humanPreference } from './human-preference';
import { mtBenchPairs } from './mt-bench-pairs';
import { votes } from './votes';

/** The published forms of battles that are read as they are. */
export const battleFormats: readonly BattleFormat[] = [
  votes,
  humanPreference,
  mtBenchPairs,
  arenaHard,
  alpacaEval,
  evalica,
];
