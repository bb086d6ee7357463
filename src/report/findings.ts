import type { RatedModel } from '../arena/types';
import type { JudgeAgreement } from './agreement';
import { totalSpend, type PartySpend } from './document';
import type { JudgeConsistency, PairOutcomes } from './outcomes';
import { grouped, percent, ratingWords, shortened } from './text';

/** The findings of a report, one sentence each, as its charts' titles say them. */

/** Who leads, and whether its interval stands clear of the others'. */
export function ratingFinding(models: readonly RatedModel[]): string {
  const [leader, ...others] = models;
  if (!leader) return 'Nobody is rated yet';
  const lead = `${shortened(leader.model)} is rated highest: ${ratingWords(leader.rating, leader.lower, leader.upper)}`;
  if (others.length === 0) return lead;
  const overlapping = others.filter(
    (other) => !(leader.lower !== null && other.upper !== null && leader.lower >= other.upper),
  );
  if (overlapping.length === 0) return `${lead}, clear of all others`;
  const first = overlapping[0]?.model ?? '';
  return `${lead}; its interval overlaps ${overlapping.length === 1 ? `that of ${shortened(first)}` : `those of ${overlapping.length} others`}`;
}

export function winRateFinding(pairs: readonly PairOutcomes[]): string {
  const sides = pairs.flatMap(({ a, b, winRate }) =>
    winRate === null
      ? []
      : [winRate >= 0.5 ? { winner: a, loser: b, rate: winRate } : { winner: b, loser: a, rate: 1 - winRate }],
  );
  const top = sides.reduce<(typeof sides)[number] | null>(
    (best, one) => (best && best.rate >= one.rate ? best : one),
    null,
  );
  return top
    ? `The most one-sided pair: ${shortened(top.winner)} won ${percent(top.rate)} of its games against ${shortened(top.loser)}`
    : 'No pair has a readable game';
}

export function outcomeFinding(pairs: readonly PairOutcomes[]): string {
  const sum = (count: (pair: PairOutcomes) => number) => pairs.reduce((total, pair) => total + count(pair), 0);
  const battles = sum((pair) => pair.battles);
  if (battles === 0) return 'No battle has been played';
  const decided = sum(({ win, loss }) => win + loss);
  const lost = sum(({ invalid, failed }) => invalid + failed);
  return (
    `${percent(decided / battles)} of ${grouped(battles)} battles have a winner, ` +
    `${percent(sum(({ inconsistent }) => inconsistent) / battles)} are inconsistent, ` +
    `${lost === 0 ? 'none is' : `${grouped(lost)} ${lost === 1 ? 'is' : 'are'}`} lost to unreadable verdicts or failed calls`
  );
}

export function consistencyFinding({ judge, inconsistentShare, firstShownShare }: JudgeConsistency): string {
  if (inconsistentShare === null) return `${shortened(judge)} has given no readable verdict`;
  const side =
    firstShownShare === null
      ? ''
      : `; of the games that it decided, the answer shown first won ${percent(firstShownShare)}`;
  return `${shortened(judge)} contradicts itself on ${percent(inconsistentShare)} of the readable battles when the answers change places${side}`;
}

export function agreementFinding({ evaluation, data, battles, share, kappa }: JudgeAgreement): string {
  return (
    `${shortened(evaluation)} and ${shortened(data)} agree on ${percent(share)} of ${grouped(battles)} battles` +
    (kappa === null ? '' : ` (Cohen's kappa ${kappa.toFixed(2)})`)
  );
}

export function spendFinding(spend: readonly PartySpend[]): string {
  const { calls, failedCalls, tokens, usd } = totalSpend(spend);
  return `${grouped(calls)} calls (${grouped(failedCalls)} failed), ${grouped(tokens)} tokens, $${usd.toFixed(2)}`;
}
