import { Context } from '@temporalio/activity';
import { reviseConfig } from '../src/config/revise';
import { configHash } from '../src/config/freeze';
import { parseConfig } from '../src/config/load';
import { saveCap, spendOf, type Spend } from '../src/store/ledger';
import { configVersions, saveConfigVersion } from '../src/store/run-configs';
import { saveRun, saveState } from '../src/store/runs';
import { supersede } from '../src/store/supersede';
import { inTransaction } from '../src/store/transaction';
import type { RollbackMessage } from '../workflows/messages';
import type { FlywheelState, OperatorAction } from '../workflows/types';
import { cancellerOf, senderOf } from './actor';
import { asActivity, finalFailure, runOf } from './context';
import type { Deps } from './deps';
import { noteEvent } from './event';

interface NoteRequest {
  run: string;
  action: OperatorAction;
  /** The run's state with what the action changed. */
  state: FlywheelState;
  /** Checkpoints that the finished steps name. */
  kept: string[];
  /** Of the configuration, with what the action changed. */
  version: number;
}

export function createRecordActivities(deps: Deps) {
  const { pool } = deps.store;
  return {
    /** Keeps the workflow's state, so that a closed run can go on from Postgres, and tells what has been spent. */
    keepState: ({ run, state, status }: { run: string; state: FlywheelState; status: string }): Promise<Spend> =>
      asActivity(async () => {
        const { workflowExecution } = Context.current().info;
        const actor = status === 'cancelled' ? await cancellerOf(workflowExecution) : null;
        await inTransaction(pool, async (db) => {
          await saveState(db, run, state, status);
          if (status === 'cancelled')
            await noteEvent(db, {
              ...{ run, actor, key: `${workflowExecution?.runId}/cancelled`, kind: 'cancelled' },
              sentence: 'The run was cancelled; starting its id again goes on from here.',
            });
        });
        return spendOf(pool, run);
      }),

    /**
     * Enters what an operator did among the run's events, with all that follows from it: the state, the cap, what a rollback abandons,
     * and the version of the configuration that it made. All of it or nothing, and however often, once.
     */
    noteAction: ({ run, action, state, kept, version }: NoteRequest): Promise<Spend> =>
      asActivity(async () => {
        const { name, sentence, reason, input, via, key } = action;
        const actor = await senderOf(Context.current().info.workflowExecution, action);
        const set = name === 'rollback' ? (input as RollbackMessage).set : undefined;
        const revised = set && (await revisedConfig(run, version, input as RollbackMessage));
        await inTransaction(pool, async (db) => {
          await noteEvent(db, { run, kind: name, sentence, actor, key, detail: { reason, via, input } });
          if (revised) {
            await saveConfigVersion(db, run, { version, config: revised.config, change: set });
            await saveRun(db, { id: run, ...revised });
          }
          if (name === 'rollback') await supersede(db, run, { checkpoints: kept, places: state.finished });
          if (name === 'setBudget') await saveCap(db, run, state.budgetUsd);
          await saveState(db, run, state);
        });
        return spendOf(pool, run);
      }),

    /** Appends to the run's events; what has a key, once. */
    recordEvent: (event: { run: string; kind: string; sentence: string; key?: string }): Promise<void> =>
      asActivity(() => noteEvent(pool, event)),
  };

  /** The configuration of the version before, with what the rollback sets. */
  async function revisedConfig(run: string, version: number, { set = {}, round }: RollbackMessage) {
    const { split } = await runOf(deps, run);
    const before = (await configVersions(pool, run)).find((one) => one.version === version - 1);
    if (!before)
      throw finalFailure('UnknownVersion', new Error(`${run} has no version ${version - 1} of its configuration.`));
    const config = reviseConfig(parseConfig(before.config), set, round);
    return { config, configHash: configHash(config), split };
  }
}
