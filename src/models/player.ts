import { contentId } from '../identity';
import type { JudgeTemplate } from '../judge/template';
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

/** What makes a judge the same judge: as a player's, with the template that asks it. */
export interface JudgeIdentity extends PlayerIdentity {
  /** Name and version of a template of ours, such as `scores-v1`; the whole of one of the user's own. */
  template: string | JudgeTemplate;
  /** Absent is text. */
  responseFormat?: 'text' | 'json_schema';
}

/** What makes a jury the same jury: its members, in any order, and how their verdicts become one. */
export interface JuryIdentity {
  rule: 'majority' | 'mean';
  /** Ids of the members. */
  jury: readonly string[];
}

export function playerId({ model, revision, systemPrompt, sampling }: PlayerIdentity): string {
  return contentId({ model, revision, systemPrompt, sampling: sampled(sampling) });
}

export function judgeId({ model, revision, systemPrompt, sampling, template, responseFormat }: JudgeIdentity): string {
  const constrained = responseFormat === 'json_schema' ? { responseFormat } : {};
  return contentId({ model, revision, systemPrompt, sampling: sampled(sampling), template, ...constrained });
}

export function juryId({ rule, jury }: JuryIdentity): string {
  return contentId({ rule, jury: [...jury].sort() });
}

/** Only what is sent; no stop words and an empty list of them are the same. */
function sampled(sampling: Sampling | null) {
  if (sampling === null) return null;
  const { temperature, topP, maxTokens, stop = [] } = sampling;
  return { temperature, topP, maxTokens, stop };
}
