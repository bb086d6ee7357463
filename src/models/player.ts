import { contentId } from '../identity';
import type { Sampling } from './chat';

/**
 * What makes a player the same player. Never its address, key, price or concurrency: a moved port or a second replica
 * buys no answer again.
 */
export interface PlayerIdentity {
  model: string;
  /** Free text, or a checkpoint's sha256, that tells two versions of one name apart. */
  revision: string | null;
  systemPrompt: string | null;
  /** Null for a recorded player: nobody knows how it sampled. */
  sampling: Sampling | null;
}

/** What makes a judge the same judge: as a player's, with the version of the template that asks it. */
export interface JudgeIdentity extends PlayerIdentity {
  /** Name and version of the template, such as `scores-v1`. */
  template: string;
}

export function playerId({ model, revision, systemPrompt, sampling }: PlayerIdentity): string {
  return contentId({ model, revision, systemPrompt, sampling: sampled(sampling) });
}

export function judgeId({ model, revision, systemPrompt, sampling, template }: JudgeIdentity): string {
  return contentId({ model, revision, systemPrompt, sampling: sampled(sampling), template });
}

/** Only what is sent; no stop words and an empty list of them are the same. */
function sampled(sampling: Sampling | null) {
  if (sampling === null) return null;
  const { temperature, topP, maxTokens, stop = [] } = sampling;
  return { temperature, topP, maxTokens, stop };
}
