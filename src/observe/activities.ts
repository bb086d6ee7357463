import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { placeOf } from './place';

/** Gives each line that an activity logs, and those that the SDK logs of it, its run, round and stage. */
export const logsWithPlace: ActivityInterceptorsFactory = ({ info }) => {
  const run = info.workflowExecution?.workflowId ?? '';
  let place = placeOf(run, []);
  return {
    inbound: {
      execute(input, next) {
        place = placeOf(run, input.args);
        return next(input);
      },
    },
    outbound: { getLogAttributes: (input, next) => next({ ...input, ...place }) },
  };
};
