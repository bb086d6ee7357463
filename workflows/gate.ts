import type { Flow } from './flow';
import { playArena } from './play';
import { gatePromptsUsed } from './steps';
import type { GateResult, ModelRef, Place } from './types';

/** Lets a candidate battle its like on fresh prompts and decides, by the rule or, where it asks, by the operator. */
export async function holdGate(flow: Flow, place: Place, candidate: ModelRef, opponent: ModelRef): Promise<GateResult> {
  const { run } = flow.plan();
  const what = `gate of ${candidate.label} against ${opponent.label}`;
  const { arena } = await playArena(flow, what, {
    place,
    purpose: 'gate',
    judge: 'evaluation',
    models: [candidate, opponent],
    gatePromptsUsed: gatePromptsUsed(flow.plan(), flow.state()),
  });
  const result = await flow.persist(what, () =>
    flow.run('quick', what).decideGate({ run, place, arena, candidate, opponent }),
  );
  // Done again after a pause or a restart, it is not asked about again.
  const asks =
    !result.settled && (result.decision === 'ask' || (result.decision === 'keep' && flow.plan().askOnReject));
  if (!asks) return result;
  const decided = await flow.park(`${what}: ${result.sentence}`, ['promote', 'keep', 'stop']);
  const decision = decided === 'promote' ? 'promote' : 'keep';
  const sentence = `${result.sentence} The operator decided: ${decided}.`;
  await flow.run('note', `note the operator's decision: ${decided}`).settleGate({ arena, decision, sentence });
  return { ...result, decision, sentence, settled: true };
}
