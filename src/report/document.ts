import type { RatingTable } from '../arena/types';
import type { PairedDifference } from '../arena/paired-difference';
import type { JudgeAgreement } from './agreement';
import type { Efficiency } from './efficiency';
import type { JudgeConsistency, PairOutcomes } from './outcomes';
import type { Story } from './story';

/** A judge of a run: `evaluation` rates, `data` selects what is trained on. */
export type JudgeRole = 'evaluation' | 'data';

/** What one player or judge cost, failed calls included. */
export interface PartySpend {
  name: string;
  role: 'player' | 'judge';
  calls: number;
  failedCalls: number;
  /** Tokens in and out. */
  tokens: number;
  usd: number;
}

/** All that a report tells of an arena; report.json is this document, Markdown, HTML and charts are drawn from it. */
export interface Report {
  run: string;
  /** The step whose leaderboard this is: `I0`, `r1-sft-a1`. */
  label: string;
  judge: {
    name: string;
    /** False where the judge that selects training data also rates. */
    heldOut: boolean;
    /** Whether the run trains, so that a held-out judge matters. */
    trains: boolean;
  };
  /** The leaderboard as it was published. */
  table: RatingTable;
  /** The paired difference of the model that was rated to the champion; null in an arena alone. */
  difference: (PairedDifference & { model: string; champion: string }) | null;
  /** Pairs in the order of the ratings, the higher rated player first. */
  pairs: PairOutcomes[];
  judges: JudgeConsistency[];
  /** Null where one judge only has played. */
  agreement: JudgeAgreement | null;
  spend: PartySpend[];
  efficiency: Efficiency;
  /** What was run, decided and trained on, and how to do it again. */
  story: Story;
}

/** What a run has spent in all. */
export function totalSpend(spend: readonly PartySpend[]): Omit<PartySpend, 'name' | 'role'> {
  return spend.reduce(
    (sum, { calls, failedCalls, tokens, usd }) => ({
      calls: sum.calls + calls,
      failedCalls: sum.failedCalls + failedCalls,
      tokens: sum.tokens + tokens,
      usd: sum.usd + usd,
    }),
    { calls: 0, failedCalls: 0, tokens: 0, usd: 0 },
  );
}
