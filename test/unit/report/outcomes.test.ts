import * as fc from 'fast-check';
import { battleOutcome, type Verdict } from '../../../src/arena/outcome';
import { judgeAgreement, type JointOutcome } from '../../../src/report/agreement';
import { judgeConsistency, pairOutcomes, type BattleGroup } from '../../../src/report/outcomes';

const verdict = fc.constantFrom<Verdict>('win', 'loss', 'tie', 'invalid');
const mirrored: Record<Verdict, Verdict> = { win: 'loss', loss: 'win', tie: 'tie', invalid: 'invalid' };
const group = fc
  .record({
    pair: fc.constantFrom<[string, string]>(['x', 'y'], ['y', 'x'], ['y', 'z'], ['z', 'x']),
    aFirst: verdict,
    bFirst: verdict,
    battles: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ pair: [a, b], aFirst, bFirst, battles }): BattleGroup => {
    return { a, b, outcome: battleOutcome(aFirst, mirrored[bFirst]), aFirst, bFirst, battles };
  });

describe('outcomes by pair', () => {
  it('counts a pair once, whichever of the two was planned first, from the higher rated one', () => {
    const groups: BattleGroup[] = [
      { a: 'low', b: 'high', outcome: 'loss', aFirst: 'loss', bFirst: 'win', battles: 3 },
      { a: 'high', b: 'low', outcome: 'loss', aFirst: 'loss', bFirst: 'tie', battles: 1 },
      { a: 'high', b: 'low', outcome: 'failed', aFirst: null, bFirst: null, battles: 2 },
      { a: 'high', b: 'low', outcome: null, aFirst: 'win', bFirst: null, battles: 1 },
    ];
    const [pair, ...others] = pairOutcomes(groups, ['high', 'low']);
    expect(others).toEqual([]);
    expect(pair).toMatchObject({ a: 'high', b: 'low', battles: 7, win: 3, loss: 1, failed: 2, tie: 0 });
    // Six games won, one lost and one tied of the decided battles; one more won of the battle in progress.
    expect(pair?.winRate).toBeCloseTo((6 + 0 + 0.5 + 1) / 9, 12);
  });

  it('says the opposite of a pair when the order is the other way round', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 20 }), (groups) => {
        const seen = pairOutcomes(groups, ['x', 'y', 'z']);
        const turned = pairOutcomes(groups, ['z', 'y', 'x']);
        expect(turned).toHaveLength(seen.length);
        for (const pair of seen) {
          const other = turned.find(({ a, b }) => a === pair.b && b === pair.a);
          expect(other).toMatchObject({ win: pair.loss, loss: pair.win, tie: pair.tie, battles: pair.battles });
          if (pair.winRate === null) expect(other?.winRate).toBeNull();
          else expect(other?.winRate).toBeCloseTo(1 - pair.winRate, 12);
        }
      }),
    );
  });

  it('has no win rate where no game could be read', () => {
    const [pair] = pairOutcomes(
      [{ a: 'x', b: 'y', outcome: 'invalid', aFirst: 'invalid', bFirst: 'win', battles: 4 }],
      ['x', 'y'],
    );
    expect(pair).toMatchObject({ invalid: 4, winRate: null });
  });
});

describe('a judge that changes its mind', () => {
  it('is measured on readable battles, and its first place on decided games', () => {
    const groups: BattleGroup[] = [
      { a: 'x', b: 'y', outcome: 'inconsistent', aFirst: 'win', bFirst: 'win', battles: 2 },
      { a: 'x', b: 'y', outcome: 'win', aFirst: 'win', bFirst: 'loss', battles: 6 },
      { a: 'x', b: 'y', outcome: 'invalid', aFirst: 'invalid', bFirst: 'tie', battles: 2 },
      { a: 'x', b: 'y', outcome: 'failed', aFirst: null, bFirst: null, battles: 5 },
    ];
    expect(judgeConsistency('j', 'evaluation', groups)).toMatchObject({
      ...{ battles: 15, inconsistentShare: 2 / 8, invalidShare: 2 / 10, failed: 5 },
      firstShownShare: (4 + 6) / (4 + 12),
    });
  });

  it('is not measured on nothing', () => {
    expect(judgeConsistency('j', 'data', [])).toMatchObject({
      ...{ inconsistentShare: null, invalidShare: null, firstShownShare: null },
    });
  });
});

describe('agreement of two judges', () => {
  const names = { evaluation: 'one', data: 'two' };
  const row = (evaluation: JointOutcome['evaluation'], data: JointOutcome['data'], battles: number) => ({
    ...{ evaluation, data, battles },
  });

  it('counts inconsistent as a tie and leaves out what one of them could not read', () => {
    const found = judgeAgreement(names, [
      row('win', 'win', 5),
      row('loss', 'win', 2),
      row('inconsistent', 'tie', 3),
      row('invalid', 'win', 9),
      row('win', 'failed', 9),
    ]);
    // Ties: 0.3 by each; p_e = 0.3² + 0.7²/2.
    const chance = 0.09 + 0.245;
    expect(found).toMatchObject({ battles: 10, agreed: 8, share: 0.8 });
    expect(found?.kappa).toBeCloseTo((0.8 - chance) / (1 - chance), 12);
  });

  it('has kappa 1 for equals, and 0 where judges agree as often as chance would', () => {
    expect(judgeAgreement(names, [row('win', 'win', 4), row('tie', 'tie', 1)])?.kappa).toBeCloseTo(1, 12);
    expect(judgeAgreement(names, [row('win', 'win', 5), row('win', 'loss', 5)])?.kappa).toBeCloseTo(0, 12);
  });

  it('has no kappa where chance alone agrees always, and is nothing without a common battle', () => {
    expect(judgeAgreement(names, [row('tie', 'inconsistent', 3)])).toMatchObject({ share: 1, kappa: null });
    expect(judgeAgreement(names, [row('failed', 'win', 3)])).toBeNull();
  });

  it('does not depend on which player was named first', () => {
    const outcome = fc.constantFrom<JointOutcome['evaluation']>('win', 'loss', 'tie', 'inconsistent');
    const turned = { win: 'loss', loss: 'win' } as Record<string, JointOutcome['evaluation']>;
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, outcome), { minLength: 1 }), fc.array(fc.boolean()), (all, flips) => {
        const rows = all.map(([one, two]) => row(one, two, 1));
        const flipped = rows.map((one, index) =>
          flips[index] ? row(turned[one.evaluation] ?? one.evaluation, turned[one.data] ?? one.data, 1) : one,
        );
        expect(judgeAgreement(names, flipped)).toEqual(judgeAgreement(names, rows));
      }),
    );
  });
});
