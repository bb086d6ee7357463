import { agreementAmong, agreementWith, type Agreement } from './agreement';
import { clustered, share, type Measure } from './clustered';
import type { Judgement } from './judgement';
import { lengthBias, type LengthBias } from './length';
import { positionBias, type PositionBias } from './position';

/** The audit of one turn, or of all. */
export interface AuditPart {
  /** null: all turns together. */
  turn: number | null;
  /** The judge with people. */
  judge: Agreement;
  /** People among themselves: the ceiling. */
  people: Agreement;
}

export interface Audit {
  /** All turns together first, then each turn where there are several. */
  agreement: AuditPart[];
  position: PositionBias;
  length: LengthBias;
  /** The same of the people's votes: what of it is the answers' quality. */
  peopleLength: LengthBias;
  /** Share of the judge's judgements that could not be read. */
  invalid: Measure;
}

/**
 * A judge's verdicts beside human votes on the same answers. Intervals are by question.
 * Source of the two setups and of the ceiling: Zheng et al. 2023 (arXiv 2306.05685), section 4.
 */
export function audit(human: readonly Judgement[], judge: readonly Judgement[]): Audit {
  const turns = [...new Set(human.map(({ turn }) => turn))].filter((turn) => turn !== null).sort((x, y) => x - y);
  const parts = [null, ...(turns.length > 1 ? turns : [])];
  return {
    agreement: parts.map((turn) => {
      const votes = turn === null ? human : human.filter((vote) => vote.turn === turn);
      return { turn, judge: agreementWith(votes, judge), people: agreementAmong(votes) };
    }),
    position: positionBias(judge),
    length: lengthBias(judge),
    peopleLength: lengthBias(human),
    invalid: clustered(
      judge.map(({ question, outcome }) => ({ question, sums: [1, outcome === 'invalid' ? 1 : 0] as const })),
      share,
    ),
  };
}
