import { Context, log } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import { needsOf, type NeedDeps } from '../src/groups/needs';
import { fileSha256 } from '../src/files';
import { seedFrom } from '../src/identity';
import { saveCheckpoint, type Checkpoint } from '../src/store/artifacts';
import { TrainingError } from '../src/training/errors';
import { fetchRecord, publishRecord } from '../src/training/record';
import { hyperparameters, jobKind, launchKeys, type Job, type JobProgress } from '../src/training/job';
import { runJob } from '../src/training/run-job';
import { labelOf } from '../workflows/steps';
import type { ModelRef, Place, TrainedModel } from '../workflows/types';
import {
  asActivity,
  checkpointOf,
  datasetOf,
  diskFull,
  finalFailure,
  runFolder,
  runOf,
  type Tell,
  waitsFor,
} from './context';
import type { Deps } from './deps';

export interface TrainRequest {
  run: string;
  place: Place;
  kind: 'sft' | 'dpo' | 'reward' | 'ppo';
  /** The model that is trained on (for reward: whose weights it starts from). */
  base: ModelRef;
  /** Dataset id; null: the start's own rows (start.sft). */
  dataset: string | null;
  /** PPO: the reward model, as `train` returned it. */
  rewardModel?: ModelRef;
}

export function createTrainActivities(deps: Pick<Deps, 'store' | 'artifacts' | 'training' | 'groups'> & NeedDeps) {
  const { pool } = deps.store;

  return {
    /**
     * Trains a model to its end, whoever started the job: a finished one is taken as it is, a live one is joined, a dead
     * one goes on from its last checkpoint. Cancelling stops it at a checkpoint; a worker that ends leaves it running.
     */
    train: (request: TrainRequest): Promise<TrainedModel> =>
      asActivity(async (tell) => {
        const { config } = await runOf(deps, request.run);
        const label =
          request.kind === 'reward' ? labelOf(request.place).replace('-ppo-', '-reward-') : labelOf(request.place);
        const id = `${request.run}/${label}`;
        const folder = join(deps.artifacts.root, runFolder(request.run), label);
        const from = baseOf(config, request);
        const job = await jobOf(config, request, { id, folder, from });
        // Another host may have finished it, and died before it could say so.
        const isPublished = await fetchRecord(deps.artifacts, folder);
        const result = await watch(tell, config, folder, job);
        if (!isPublished) {
          await deps.artifacts.publish(result.output);
          await publishRecord(deps.artifacts, folder);
        }
        await saveCheckpoint(pool, {
          id,
          run: request.run,
          round: request.place.round,
          stage: request.kind === 'reward' ? 'reward' : request.place.stage,
          attempt: request.place.attempt,
          parent: from.checkpoint,
          dataset: request.dataset,
          job: id,
          path: result.output,
          sha256: result.sha256,
          metrics: result.metrics,
          seconds: result.seconds,
          player: null,
          status: 'candidate',
        });
        log.info(`${label} is trained (${Math.round(result.seconds)} s).`, { checkpoint: id, seconds: result.seconds });
        return { checkpoint: { checkpoint: id, label }, seconds: result.seconds, metrics: result.metrics };
      }),
  };

  async function jobOf(
    config: Config,
    request: TrainRequest,
    { id, folder, from }: { id: string; folder: string; from: ModelRef },
  ): Promise<Job> {
    const { place, kind } = request;
    const { training } = config;
    const target = targetOf(config);
    const begun = await modelOf(from);
    // One adapter through all stages: what a stage goes on with is the adapter, on the base that it began on.
    const continues = target.adapters === 'continued' && kind !== 'reward';
    const base = continues ? await modelOf(rootOf(request.run, config)) : begun;
    const adapter = continues && begun.path !== base.path ? begun : null;
    const rewardModel = request.rewardModel && (await modelOf(request.rewardModel));
    return {
      version: 1,
      id,
      kind: jobKind(config, kind),
      base: base.path,
      base_sha256: base.sha256,
      dataset: await datasetPath(config, request.dataset),
      output: join(folder, 'model'),
      seed: seedFrom(config.seed, place.round, kind, place.attempt),
      chat_template: target.chatTemplate,
      chat_eos: target.endOfTurn,
      launch: launchKeys(config, kind),
      lease: { grace_seconds: training.graceSeconds },
      ...(rewardModel && { reward_model: rewardModel.path, reward_model_sha256: rewardModel.sha256 }),
      ...(continues && { publish: 'adapter' as const }),
      ...(adapter && { adapter: adapter.path, adapter_sha256: adapter.sha256 }),
      ...(isHeldToStart(config, kind) ? { reference: (await modelOf(startOf(request.run))).path } : {}),
      hyperparameters: hyperparameters(config, kind),
    };
  }

  /** A stored checkpoint, with its folder here. */
  async function modelOf(ref: ModelRef): Promise<Checkpoint> {
    const checkpoint = await checkpointOf(deps, ref);
    await deps.artifacts.fetch(checkpoint.path, checkpoint.sha256);
    return checkpoint;
  }

  /** The workflow names the policy; a reward model may start from the run's start instead. */
  function baseOf({ ppo }: Config, { run, kind, base }: TrainRequest): ModelRef {
    return kind === 'reward' && ppo.rewardModel.init === 'I0' ? startOf(run) : base;
  }

  async function datasetPath(config: Config, id: string | null): Promise<string> {
    if (id === null) return config.start.sft ?? '';
    const dataset = await datasetOf(deps, id);
    if ((await fileSha256(dataset.path)) !== dataset.sha256)
      throw finalFailure(
        'ChangedDataset',
        new Error(
          `${dataset.path} is not what was written (sha256 differs). Restore the file, or roll back to make it anew.`,
        ),
      );
    return dataset.path;
  }

  async function watch(tell: Tell, config: Config, folder: string, job: Job) {
    const context = Context.current();
    let progress: JobProgress | { step: number } = { step: 0 };
    tell(() => ({ job: job.id, ...progress, ...waitsFor(deps) }));
    // Only a cancellation by the workflow stops the trainer; a worker that shuts down, or a pause of the activity, leaves it.
    const stop = new AbortController();
    const leave = new AbortController();
    const signal = context.cancellationSignal;
    const calledOff = () => (context.cancellationDetails?.cancelRequested ? stop : leave).abort();
    signal.addEventListener('abort', calledOff);
    // The event of a signal that was aborted before is never heard, and what was to be fetched may have taken long.
    if (signal.aborted) calledOff();
    const backend = await deps.training.of(config.training);
    const run = () =>
      runJob(backend, folder, job, {
        stop: stop.signal,
        leave: leave.signal,
        onProgress: (latest) => (progress = latest),
      });
    try {
      return await deps.groups.using(needsOf(config, deps).training(folder), () => throughCrashes(run, signal), signal);
    } catch (error) {
      if (TrainingError.isInstance(error) && signal.aborted) throw new CancelledFailure(error.message);
      if (TrainingError.isInstance(error) && !error.retryable) throw finalFailure('TrainingFailed', error);
      throw error;
    }
  }
}

/** Starts of a trainer that crashes, before the run asks what to do. */
const MOST_CRASHES = 3;
/** Before a crashed trainer is started again: what it met may pass, such as another job's memory. */
const AFTER_CRASH_MS = 2000;

/**
 * Goes on from the last checkpoint after a crash, but not for ever: what crashes three times, or has no room to write, will do
 * it again. A worker that dies meanwhile does not count.
 */
async function throughCrashes<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let crashes = 1; ; crashes++) {
    try {
      return await run();
    } catch (error) {
      if (!TrainingError.isInstance(error) || !error.retryable || signal.aborted) throw error;
      // A cluster that does not answer is given the time that Temporal gives.
      if (['stopped', 'left', 'unreachable'].includes(error.kind)) throw error;
      if (/no space left/i.test(error.message)) throw diskFull(error.message);
      if (crashes === MOST_CRASHES)
        throw finalFailure(
          'TrainingFailed',
          new Error(
            `The trainer failed ${MOST_CRASHES} times. ${error.message} Mend that, then send decide retry: it goes on from its last checkpoint.`,
          ),
        );
      await sleep(AFTER_CRASH_MS, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

/** The base model itself, under the id that `enterBase` gives it. */
const rootOf = (run: string, { start }: Config): ModelRef => {
  const label = start.sft === null ? 'I0' : 'base';
  return { checkpoint: `${run}/${label}`, label };
};

/** The run's start, under the id that its first step gives it. */
const startOf = (run: string): ModelRef => {
  const label = labelOf({ round: 0, stage: 'start', attempt: 1 });
  return { checkpoint: `${run}/${label}`, label };
};

const isHeldToStart = ({ dpo, ppo }: Config, kind: TrainRequest['kind']): boolean =>
  (kind === 'dpo' && dpo.reference === 'I0') || (kind === 'ppo' && ppo.reference === 'I0');
