import { evaluate, knownRating } from './evaluate';
import type { Flow } from './flow';
import { holdGate } from './gate';
import { champion, labelOf, modelBefore } from './steps';
import type { FinishedStep, Place } from './types';

/** A round's end: its last model against the champion, and its evaluation; the winner is the next round's target. */
export async function endRound(flow: Flow, place: Place): Promise<FinishedStep> {
  const { run, evaluation } = flow.plan();
  const began = Date.now();
  const state = flow.state();
  const candidate = modelBefore(state, place.round);
  const opponent = champion(state);
  const same = candidate.label === opponent.label;

  const gate = same ? null : await holdGate(flow, place, candidate, opponent);
  const promoted = gate?.decision === 'promote';
  if (gate)
    await flow.run('note', 'note the decision').recordEvent({
      ...{ run, kind: 'gate', key: `gate/${labelOf(place)}` },
      sentence: `Round ${place.round}: ${candidate.label} against the champion ${opponent.label}. ${gate.sentence}`,
    });
  const evaluated = evaluation.after === 'round' && !same ? await evaluate(flow, place, candidate) : null;
  const known = knownRating(state.finished, candidate);
  return {
    ...place,
    decision: gate === null ? 'none' : promoted ? 'promote' : 'keep',
    model: promoted ? candidate : opponent,
    candidate: same ? null : candidate,
    gate,
    datasets: {},
    evaluation: evaluated?.evaluation ?? null,
    battles: evaluated?.battles ?? 0,
    rows: 0,
    seconds: (Date.now() - began) / 1000,
    rating: evaluated?.rating ?? known.rating,
    dataRating: evaluated?.dataRating ?? known.dataRating,
  };
}
