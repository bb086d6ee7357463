import type { Flow } from './flow';
import { playArena } from './play';
import { champion, keptModels } from './steps';
import type { FinishedStep, Interval, ModelRef, Place } from './types';

type Evaluated = Pick<FinishedStep, 'evaluation' | 'rating' | 'dataRating'> & { battles: number };

/**
 * Evaluates a model on the frozen test set: it and every competitor that has joined play all prompts against everybody
 * they have not met, and all evaluation battles of the run are fitted together. Without a model only the competitors play.
 */
export async function evaluate(flow: Flow, place: Place, model: ModelRef | null): Promise<Evaluated> {
  const { run, competitors, evaluation } = flow.plan();
  const state = flow.state();
  const models = [...(model ? [model] : []), ...keptModels(state).filter(({ label }) => label !== model?.label)];
  const name = model?.label ?? 'the competitors';
  const joined = competitors.filter(({ joins }) => joins <= place.round).map(({ id }) => id);
  const known = [...new Set(state.finished.flatMap((step) => step.evaluation?.players ?? []))];
  const reference = state.finished.length > 0 ? champion(state) : null;

  const rateBy = async (judge: 'evaluation' | 'data') => {
    const what = judge === 'data' ? `evaluation of ${name} by the data judge` : `evaluation of ${name}`;
    const { arena, battles } = await playArena(flow, what, { place, purpose: 'evaluation', judge, models, known });
    const earlier = state.finished.flatMap((step) => step.evaluation?.arenas[judge] ?? []);
    const request = { run, place, judge, arenas: [...earlier, arena], model, champion: reference };
    const rated = await flow.persist(`rate ${name}`, () => flow.run('quick', `rate ${name}`).rateRun(request));
    return { arena, battles, ...rated };
  };
  const own = await rateBy('evaluation');
  flow.rate(model && own.rating && { label: model.label, rating: own.rating.rating }, own.table);
  const data = evaluation.dataJudge && evaluation.ownJudge ? await rateBy('data') : null;
  return {
    evaluation: {
      arenas: { evaluation: own.arena, ...(data ? { data: data.arena } : {}) },
      players: [...joined, ...models.map(({ label }) => label)],
    },
    rating: own.rating,
    dataRating: data?.rating ?? null,
    battles: own.battles + (data?.battles ?? 0),
  };
}

/** The rating that a model has from an earlier evaluation. */
export function knownRating(
  finished: readonly FinishedStep[],
  { label }: ModelRef,
): { rating: Interval | null; dataRating: Interval | null } {
  const step = finished.findLast((one) => one.rating !== null && (one.candidate ?? one.model).label === label);
  return { rating: step?.rating ?? null, dataRating: step?.dataRating ?? null };
}
