import type { CompetitorConfig, Config, JudgeConfig, MemberJudgeConfig, SamplingConfig } from '../config/schema';
import { targetOf } from '../config/target';
import { UserError } from '../errors';
import type { Party } from '../store/players';
import { judgeId, juryId, playerId, type JudgeIdentity, type JuryIdentity } from './player';
import { reachOf, type Reach } from './reach';

/** Someone who answers: recorded players have no reach, checkpoints get theirs from the serving backend. */
export interface Player extends Party {
  kind: 'endpoint' | 'recorded' | 'checkpoint';
  model: string;
  systemPrompt: string | null;
  sampling: SamplingConfig;
  reach: Reach | null;
}

const noSampling: SamplingConfig = { temperature: 0, topP: 1, maxTokens: 1 };

/** A competitor of the configuration. A recorded player without a revision is known by its file's sha256. */
export function competitorPlayer(config: CompetitorConfig, answersSha256?: string): Player {
  if ('answers' in config) {
    const identity = {
      model: config.id,
      revision: config.revision ?? answersSha256 ?? null,
      systemPrompt: null,
      sampling: noSampling,
    };
    return {
      id: playerId(identity),
      name: config.id,
      identity,
      kind: 'recorded',
      model: config.id,
      systemPrompt: null,
      sampling: noSampling,
      reach: null,
    };
  }
  const { id, model, revision, systemPrompt, sampling } = config;
  const identity = { model, revision, systemPrompt, sampling };
  return {
    id: playerId(identity),
    name: id,
    identity,
    kind: 'endpoint',
    model,
    systemPrompt,
    sampling,
    reach: reachOf(config),
  };
}

/** A checkpoint of ours as a player: its identity is its weights, with the target's system prompt and sampling. */
export function checkpointPlayer(config: Config, checkpoint: { id: string; label: string; sha256: string }): Player {
  const { systemPrompt, sampling } = targetOf(config);
  const identity = { model: 'checkpoint', revision: checkpoint.sha256, systemPrompt, sampling };
  return {
    id: playerId(identity),
    name: checkpoint.label,
    identity,
    kind: 'checkpoint',
    model: checkpoint.id,
    systemPrompt,
    sampling,
    reach: null,
  };
}

/** A judge as stored: its template is part of what it is. A jury is known by its members and its rule. */
export function judgeParty(config: JudgeConfig): Party & { identity: JudgeIdentity | JuryIdentity } {
  if (!config.jury) return memberParty(config);
  const members = judgeMembers(config).map(memberParty);
  const identity = { rule: config.jury.rule, jury: members.map(({ id }) => id) };
  return {
    id: juryId(identity),
    name: `${members.map(({ name }) => name).join(' + ')} (${identity.rule})`,
    identity,
  };
}

/** Those who are asked: the judge itself, and who sits on a jury with it. */
export function judgeMembers(config: JudgeConfig): MemberJudgeConfig[] {
  return [config, ...(config.jury?.with ?? [])];
}

/** One judge alone as stored. */
export function memberParty(config: MemberJudgeConfig): Party & { identity: JudgeIdentity } {
  const { model, revision, systemPrompt, sampling, template, responseFormat } = config;
  const constrained = responseFormat === 'json_schema' ? { responseFormat } : {};
  const identity = { model, revision, systemPrompt, sampling, template, ...constrained };
  return { id: judgeId(identity), name: model, identity };
}

/** The judge that rates and gates: the evaluation's own, or the data judge where it has none. */
export function evaluationJudge(config: Config): JudgeConfig {
  return config.evaluation.judge ?? config.judge;
}

/**
 * The key that a configuration names as `env:NAME`.
 * @throws UserError when the variable is not set.
 */
export function readKey(key: string | null): string | null {
  if (key === null) return null;
  const name = key.replace(/^env:/, '');
  const value = process.env[name];
  if (!value)
    throw new UserError(
      `The environment variable ${name} is not set, and the configuration takes an API key from it (key: ${key}). Set it where the worker starts.`,
    );
  return value;
}
