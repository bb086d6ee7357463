import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { runBenchmark } from '../src/benchmarks/run-command';
import { targetOf } from '../src/config/target';
import { needsOf } from '../src/groups/needs';
import { readKey } from '../src/models/roster';
import { metricsOf, saveBenchmark, type Metrics } from '../src/store/benchmarks';
import type { ModelRef } from '../workflows/types';
import { asActivity, checkpointOf, runOf } from './context';
import type { Deps } from './deps';

export function createBenchmarkActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /**
     * Runs the user's benchmark commands against a served model, each once for each model, and returns their numbers by
     * command and path.
     */
    benchmark: ({ run, model }: { run: string; model: ModelRef }): Promise<Metrics> =>
      asActivity(async (tell) => {
        const { cancellationSignal: signal } = Context.current();
        const { config } = await runOf(deps, run);
        const checkpoint = await checkpointOf(deps, model);
        const known = await metricsOf(pool, checkpoint.id);
        const measure = async () => {
          for (const command of config.evaluation.commands) {
            if (known.has(command.id)) continue;
            tell(() => ({ command: command.id }));
            // Asked each time: a model server of ours may have been started again meanwhile.
            const served = await deps.serving.serve(
              { ...checkpoint, base: targetOf(config).base, label: model.label },
              targetOf(config).serve,
            );
            const url = await deps.models.address(served.reach.url);
            const asked = { url, model: served.model, key: readKey(served.reach.key), run, label: model.label };
            const began = performance.now();
            const { result, metrics } = await runBenchmark(command, asked, signal);
            const seconds = (performance.now() - began) / 1000;
            await saveBenchmark(pool, { checkpoint: checkpoint.id, command: command.id, result, metrics, seconds });
            known.set(command.id, metrics);
          }
        };
        const isMissing = config.evaluation.commands.some(({ id }) => !known.has(id));
        try {
          if (isMissing) await deps.groups.using(needsOf(config, deps).target(), measure, signal);
        } catch (error) {
          if (signal.aborted)
            throw new CancelledFailure('The benchmarks were cancelled; those that had ended are stored.');
          throw error;
        }
        return flat(known);
      }),
  };
}

/** Numbers that a run's progress shows at most, beside a model's rating. */
const MOST_SHOWN = 12;

const flat = (metrics: ReadonlyMap<string, Metrics>): Metrics =>
  Object.fromEntries(
    [...metrics]
      .flatMap(([command, found]) =>
        Object.entries(found).map(([path, value]) => [`${command} ${path}`, value] as const),
      )
      .slice(0, MOST_SHOWN),
  );
