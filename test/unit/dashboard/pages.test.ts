import { signed } from '../../../web/src/format';
import { firstShown } from '../../../web/src/pages/data/first-shown';
import { dutyOf } from '../../../web/src/pages/judges/duty';

/** What pages decide without a browser. */
describe('a figure with its sign', () => {
  it('has none where it is rounded to nothing', () => {
    expect([0.04, -0.04, -0, 0].map((value) => signed(value, 1))).toEqual(['0.0', '0.0', '0.0', '0.0']);
    expect([0.06, -0.06, 12, -12].map((value) => signed(value, 1))).toEqual(['+0.1', '−0.1', '+12.0', '−12.0']);
    expect([-0.4, -0.6, 3].map((value) => signed(value))).toEqual(['0', '−1', '+3']);
  });
});

describe('what a judge does', () => {
  it('is all there is to do where it is the only one, and less in an arena alone', () => {
    expect(dutyOf('data', { trains: true, heldOut: false })).toBe('rates, gates and selects the training data');
    expect(dutyOf('data', { trains: false, heldOut: false })).toBe('rates');
    expect(dutyOf('evaluation', { trains: true, heldOut: true })).toBe('rates and gates');
    expect(dutyOf('data', { trains: true, heldOut: true })).toBe('selects the training data');
    expect(dutyOf('evaluation', { trains: false, heldOut: true })).toBe('rates');
    expect(dutyOf('data', { trains: false, heldOut: true })).toBe('rates as well, for comparison');
  });
});

describe('the dataset that the page opens on', () => {
  const dataset = (kind: string, superseded = false) => ({ kind, superseded });

  it('is the newest of pairs, before PPO prompts and what a rollback abandoned', () => {
    const [sft, dpo, abandoned, ppo] = [dataset('sft'), dataset('dpo'), dataset('dpo', true), dataset('ppo')];
    expect(firstShown([sft, dpo, ppo])).toBe(dpo);
    expect(firstShown([sft, dpo, abandoned])).toBe(dpo);
    expect(firstShown([sft, abandoned])).toBe(sft);
    expect(firstShown([abandoned])).toBe(abandoned);
    expect(firstShown([])).toBeUndefined();
  });
});
