import { evaluate } from './evaluate';
import type { Flow } from './flow';
import { holdGate } from './gate';
import { playArena } from './play';
import { labelOf, roles, sameStageBefore } from './steps';
import type { FinishedStep, ModelRef, Place, StageName } from './types';

/** One stage: battles on its slice → selection → training → serving → gate, and its evaluation where that is asked for. */
export async function runStage(flow: Flow, place: Place): Promise<FinishedStep> {
  const { run, evaluation } = flow.plan();
  const stage = place.stage as StageName;
  const began = Date.now();
  const { target, base, opponent } = roles(flow.plan(), flow.state(), place);

  const battles = await playArena(flow, `${stage} battles of ${target.label}`, {
    place,
    purpose: 'training',
    judge: 'data',
    models: [target],
  });

  await flow.untilRunning();
  flow.say(`selecting the ${stage} data`);
  const request = {
    run,
    place,
    target,
    arenas: arenasFor(flow, place, battles.arena),
    earlier: sameStageBefore(flow.state(), place)?.datasets ?? {},
  };
  const { datasets, rows } = await flow.persist(`select the ${stage} data`, () =>
    flow.run('quick', `select the ${stage} data`).buildDatasets(request),
  );

  const rewardModel = stage === 'ppo' ? await trainReward(flow, place, base, datasets['reward'] ?? null) : null;
  const candidate = await train(flow, place, stage, base, datasets[stage] ?? null, rewardModel);
  flow.update({ candidate: candidate.checkpoint });

  await flow.untilRunning();
  flow.say(`serving ${candidate.label}`);
  await flow.persist(`serve ${candidate.label}`, () =>
    flow.run('serving', `serve ${candidate.label}, ask the canary`).serve({ run, model: candidate }),
  );

  const benchmarks = await benchmark(flow, candidate);
  const gate = await holdGate(flow, place, candidate, opponent);
  const promoted = gate.decision === 'promote';
  await flow.run('note', `${promoted ? 'promote' : 'reject'} ${candidate.label}`).markCheckpoints({
    // A reward model shares the fate of the policy that it taught.
    ids: [candidate, ...(rewardModel ? [rewardModel] : [])].map(({ checkpoint }) => checkpoint),
    status: promoted ? 'promoted' : 'rejected',
  });
  await flow.run('note', 'note the decision').recordEvent({
    ...{ run, kind: 'gate', key: `gate/${labelOf(place)}` },
    sentence: `${candidate.label} against ${opponent.label}. ${gate.sentence}`,
  });

  const evaluated = evaluation.after === 'stage' ? await evaluate(flow, place, candidate) : null;
  return {
    ...place,
    decision: promoted ? 'promote' : 'keep',
    model: promoted ? candidate : opponent,
    candidate,
    gate,
    datasets,
    evaluation: evaluated?.evaluation ?? null,
    battles: battles.battles,
    rows,
    seconds: (Date.now() - began) / 1000,
    rating: evaluated?.rating ?? null,
    dataRating: evaluated?.dataRating ?? null,
    ...benchmarks,
  };
}

/** The user's benchmarks of a model that is served, where there are any. */
async function benchmark(flow: Flow, model: ModelRef): Promise<Pick<FinishedStep, 'benchmarks'>> {
  const { run, benchmarks } = flow.plan();
  if (!benchmarks) return {};
  const what = `benchmarks of ${model.label}`;
  await flow.untilRunning();
  flow.say(what);
  return { benchmarks: await flow.persist(what, () => flow.run('training', what).benchmark({ run, model })) };
}

/** Arenas that a stage's data come from: its own, and for a reward model on both slices the DPO stage's too. */
function arenasFor(flow: Flow, { round, stage }: Place, own: string): string[] {
  const { run, rewardPairs } = flow.plan();
  const dpo = flow.state().finished.find((step) => step.round === round && step.stage === 'dpo');
  return stage === 'ppo' && rewardPairs === 'dpo-and-ppo' && dpo ? [`${run}/${labelOf(dpo)}/training`, own] : [own];
}

async function train(
  flow: Flow,
  place: Place,
  kind: StageName | 'reward',
  base: ModelRef,
  dataset: string | null,
  rewardModel: ModelRef | null,
): Promise<ModelRef> {
  return (await trained(flow, place, kind, base, dataset, rewardModel)).checkpoint;
}

async function trained(
  flow: Flow,
  place: Place,
  kind: StageName | 'reward',
  base: ModelRef,
  dataset: string | null,
  rewardModel: ModelRef | null,
) {
  const what = `train ${kind === 'reward' ? 'the reward model' : kind} from ${base.label}`;
  await flow.untilRunning();
  flow.say(what);
  const request = { run: flow.plan().run, place, kind, base, dataset, ...(rewardModel ? { rewardModel } : {}) };
  return flow.persist(what, () => flow.run('training', what).train(request));
}

/** A reward model that tells chosen from rejected hardly better than chance would teach PPO noise: then the run asks. */
async function trainReward(flow: Flow, place: Place, base: ModelRef, dataset: string | null): Promise<ModelRef> {
  const { checkpoint, metrics } = await trained(flow, place, 'reward', base, dataset, null);
  const accuracy = metrics['holdout_accuracy'];
  const { minRewardAccuracy } = flow.plan();
  const isWeak = accuracy !== undefined && accuracy < minRewardAccuracy;
  if (isWeak && !flow.hasAccepted(checkpoint.checkpoint)) {
    await flow.park(
      `The reward model is right on ${(100 * accuracy).toFixed(1)}% of held-out pairs; ppo.rewardModel.minAccuracy asks for ${(100 * minRewardAccuracy).toFixed(1)}%. "promote" goes on with it`,
      ['promote', 'stop'],
    );
    flow.accept(checkpoint.checkpoint);
  }
  return checkpoint;
}

/** Round 0: the start model, tuned on D0 where the configuration names rows, served and evaluated. */
export async function runStart(flow: Flow, place: Place): Promise<FinishedStep> {
  const { run, trainsStart } = flow.plan();
  const began = Date.now();
  const base = await flow.persist('enter the base model', () =>
    flow.run('quick', 'enter the base model').enterBase({ run }),
  );
  const model = trainsStart ? await train(flow, place, 'sft', base, null, null) : base;
  await flow.untilRunning();
  flow.say(`serving ${model.label}`);
  await flow.persist(`serve ${model.label}`, () =>
    flow.run('serving', `serve ${model.label}, ask the canary`).serve({ run, model }),
  );
  const benchmarks = await benchmark(flow, model);
  const { battles, ...evaluated } = await evaluate(flow, place, model);
  return {
    ...place,
    decision: 'none',
    model,
    candidate: null,
    gate: null,
    datasets: {},
    battles,
    rows: 0,
    seconds: (Date.now() - began) / 1000,
    ...evaluated,
    ...benchmarks,
  };
}
