import { efficiencyFinding } from '../../../src/report/efficiency';

describe('efficiencyFinding', () => {
  it('says games per dollar, tokens per battle and the reuse of prefixes', () =>
    expect(
      efficiencyFinding({ battles: 12_000, gamesPerDollar: 3750.4, tokensPerBattle: 1840, prefixReuse: 0.618 }),
    ).toBe(
      "Over 12,000 battles: 3,750 games per dollar, 1,840 tokens per battle, 61.8% of the prompts' tokens came from prefix caches",
    ));

  it('leaves out what nobody says, and says nothing where nothing was paid', () => {
    const free = { battles: 5, gamesPerDollar: null, tokensPerBattle: 10, prefixReuse: null };
    expect(efficiencyFinding(free)).toBe('Over 5 battles: 10 tokens per battle');
    expect(efficiencyFinding({ ...free, tokensPerBattle: null })).toBe('');
  });
});
