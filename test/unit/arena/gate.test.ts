import { gateDecision, gateStatistic, type GateGame, type GateRule } from '../../../src/arena/gate';

const decide = (games: GateGame[], rule: GateRule['rule'], margin = 0, confidence = 0.95) =>
  gateDecision(gateStatistic(games), { rule, margin, confidence });

/** Two games on each prompt, with the scores given. */
const play = (...pairs: [number, number][]): GateGame[] =>
  pairs.flatMap(([first, second], index) => [
    { prompt: `p${index}`, score: first },
    { prompt: `p${index}`, score: second },
  ]);
const won: [number, number] = [1, 1];
const lost: [number, number] = [0, 0];
const tied: [number, number] = [0.5, 0.5];
const split: [number, number] = [1, 0];

describe('gateStatistic', () => {
  it('is the mean with a clustered error: for prompts of equal size, that of the prompt means', () => {
    const { games, prompts, mean, se } = gateStatistic(play(won, lost, won, tied));
    expect({ games, prompts, mean }).toEqual({ games: 8, prompts: 4, mean: 0.625 });
    // Standard deviation of 1, 0, 1, .5 over the root of 4.
    expect(se).toBeCloseTo(Math.sqrt((0.375 ** 2 + 0.625 ** 2 + 0.375 ** 2 + 0.125 ** 2) / 3 / 4), 12);
  });

  it('takes nothing from games that contradict each other on the same prompt', () => {
    expect(gateStatistic(play(split, split, split))).toMatchObject({ mean: 0.5, se: 0 });
  });

  it('refuses what tells nothing', () => {
    expect(() => gateStatistic([])).toThrow(/no prompt; it needs two prompts or more/);
    expect(() => gateStatistic(play(won))).toThrow(/one prompt only/);
    expect(() => gateStatistic([{ prompt: 'p', score: NaN }])).toThrow(/prompt p has the score NaN/);
  });
});

describe('gateDecision', () => {
  it('uses Student t with prompts - 1 degrees of freedom', () => {
    const { mean, lower, upper } = decide(play(won, lost, won, tied, won, tied, tied, tied, won, lost), 'ask');
    const { se } = gateStatistic(play(won, lost, won, tied, won, tied, tied, tied, won, lost));
    expect((upper - mean) / se).toBeCloseTo(2.2621571628, 8);
    expect((mean - lower) / se).toBeCloseTo(2.2621571628, 8);
  });

  it('not-worse with a margin of a half: every candidate passes', () => {
    expect(decide(play(lost, lost, lost), 'not-worse', 0.5).decision).toBe('promote');
  });

  it('not-worse: keeps the opponent only when shown worse, by more than the margin', () => {
    const worse = play(lost, lost, lost, tied, lost, lost, tied, lost);
    const open = play(won, lost, tied, lost, won, lost);
    expect(decide(worse, 'not-worse').decision).toBe('keep');
    expect(decide(open, 'not-worse').decision).toBe('promote');
    expect(decide(worse, 'not-worse', 0.4).decision).toBe('promote');
  });

  it('better: promotes only what is shown better', () => {
    expect(decide(play(won, won, won, tied, won, won, tied, won), 'better').decision).toBe('promote');
    expect(decide(play(won, won, lost, won), 'better').decision).toBe('keep');
    expect(decide(play(tied, tied, tied), 'better').decision).toBe('keep');
  });

  it('ask: asks while the interval holds one half', () => {
    expect(decide(play(won, won, lost, won), 'ask').decision).toBe('ask');
    expect(decide(play(tied, tied, tied), 'ask').decision).toBe('ask');
    expect(decide(play(won, won, won, tied, won), 'ask').decision).toBe('promote');
    expect(decide(play(lost, lost, lost, tied, lost), 'ask').decision).toBe('keep');
  });

  it('needs more evidence at a higher confidence', () => {
    const games = play(won, won, won, tied, lost, won, won, tied, won, won, tied);
    expect(decide(games, 'better', 0, 0.9).decision).toBe('promote');
    expect(decide(games, 'better', 0, 0.9999).decision).toBe('keep');
  });

  it('says what was decided and why, and stays inside 0 … 1', () => {
    const { sentence, lower, upper } = decide(play(won, lost, tied), 'not-worse');
    expect(sentence).toBe('Promoted: it scored 50% (0% to 100%) in 6 games on 3 prompts, not shown worse than 50%.');
    expect([lower, upper]).toEqual([0, 1]);
  });

  it('refuses settings that make no sense', () => {
    expect(() => decide(play(won, lost), 'ask', 0.51)).toThrow(/margin must be from 0 to 0.5/);
    expect(() => decide(play(won, lost), 'ask', 0, 1)).toThrow(/confidence must lie between 0 and 1/);
  });
});
