import { UserError } from '../errors';
import type { Config, TargetConfig } from './schema';

/**
 * The model that a configuration trains.
 * @throws UserError where it has none: it is an arena's.
 */
export function targetOf({ target }: Pick<Config, 'target'>): TargetConfig {
  if (target) return target;
  throw new UserError(
    'target: the configuration names no model to train. Add target: { base: /folder/of/the/model }, or start the workflow "arena", which only rates.',
  );
}

/** Whether checkpoints answer from servers of a worker's own, which only their host reaches. */
export function servesOnHost({ target }: Pick<Config, 'target'>): boolean {
  if (!target) return false;
  const { serve } = target;
  return serve.kind === 'local' || (serve.kind === 'vllm' && serve.start !== null);
}
