import { ContinueAsNew, isCancellation, proxySinks, type Sinks } from '@temporalio/workflow';

/** How a workflow's execution came to its end. */
export type Ending = 'completed' | 'continued' | 'cancelled' | 'failed';

/** Told to the worker: a sink makes no command, so it changes no history. */
export interface EndSinks extends Sinks {
  execution: { ended(how: Ending): void };
}

const { execution } = proxySinks<EndSinks>();

/** A workflow that tells its worker how each of its executions ended, for the trace of the run. */
export function tellingItsEnd<Input, Result>(workflow: (input?: Input) => Promise<Result>) {
  return async (input?: Input): Promise<Result> => {
    try {
      const result = await workflow(input);
      execution.ended('completed');
      return result;
    } catch (error) {
      execution.ended(error instanceof ContinueAsNew ? 'continued' : isCancellation(error) ? 'cancelled' : 'failed');
      throw error;
    }
  };
}
