import type { JudgeRole } from '../../../../src/dashboard/schemas/common';
import type { Judges } from '../../../../src/dashboard/schemas/judges';

/** What a judge does in its run: one that no other holds out does all there is to do, and an arena alone selects nothing. */
export function dutyOf(role: JudgeRole, { trains, heldOut }: Pick<Judges, 'trains' | 'heldOut'>): string {
  if (!heldOut) return trains ? 'rates, gates and selects the training data' : 'rates';
  if (role === 'evaluation') return trains ? 'rates and gates' : 'rates';
  return trains ? 'selects the training data' : 'rates as well, for comparison';
}
