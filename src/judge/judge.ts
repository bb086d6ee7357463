import { gameVerdict, type Verdict } from '../arena/outcome';
import type { Attempt, ChatClient, Sampling } from '../models/chat';
import { judgeId } from '../models/player';
import type { Message } from '../prompts/prompt';
import { parseVerdict, type VerdictFormat } from './parse';
import { judgeTemplate, renderJudgeMessages } from './templates';

export interface JudgeSettings {
  client: ChatClient;
  model: string;
  revision: string | null;
  /** Takes the place of the template's own system text; null keeps that. */
  systemPrompt: string | null;
  sampling: Sampling;
  /** Name and version of the template, such as `scores-v1`. */
  template: string;
}

/** What one game brought, from the point of view of the answer that stood first. */
export interface GameText {
  /** The judge's raw text, kept so that a better parser can read it again. */
  text: string;
  scoreFirst: number | null;
  scoreSecond: number | null;
  verdict: Verdict;
  finishReason: string;
  promptTokens: number;
  completionTokens: number;
}

export interface JudgeOptions {
  seed?: number;
  signal?: AbortSignal;
  onAttempt?: (attempt: Attempt) => void;
}

export interface Judge {
  /** The judge's identity, a part of every game's key. */
  id: string;
  /**
   * Plays one game: `first` is shown as Answer A.
   * @throws CallError when there is no reply, and then there is no game.
   */
  judge(prompt: readonly Message[], first: string, second: string, options?: JudgeOptions): Promise<GameText>;
}

export function createJudge({ client, model, revision, systemPrompt, sampling, template: name }: JudgeSettings): Judge {
  const asked = judgeTemplate(name);
  const template = { ...asked, system: systemPrompt ?? asked.system };
  return {
    id: judgeId({ model, revision, systemPrompt, sampling, template: name }),
    async judge(prompt, first, second, { seed, signal, onAttempt } = {}) {
      const messages = renderJudgeMessages(template, prompt, first, second);
      const request = { model, messages, sampling, ...(seed === undefined ? {} : { seed }) };
      const { text, finishReason, promptTokens, completionTokens } = await client.chat(request, {
        ...(signal === undefined ? {} : { signal }),
        ...(onAttempt === undefined ? {} : { onAttempt }),
      });
      return { text, ...readGame(text, finishReason, template.format), finishReason, promptTokens, completionTokens };
    },
  };
}

/**
 * Reads a game from a judge's text, new or stored. An error text that came as a reply has no verdict either; that
 * makes the game invalid. A text that was cut at a digit may have lost the next one (the 0 of 10): it is invalid too.
 */
export function readGame(
  text: string,
  finishReason: string,
  format: VerdictFormat,
): Pick<GameText, 'scoreFirst' | 'scoreSecond' | 'verdict'> {
  const { verdict, scoreA, scoreB } = parseVerdict(text, format);
  const cutInNumber = finishReason === 'length' && /\d[.,]?$/.test(text);
  if (verdict === 'invalid' || verdict === 'failed' || cutInNumber)
    return { scoreFirst: null, scoreSecond: null, verdict: 'invalid' };
  if (scoreA !== null && scoreB !== null)
    return { scoreFirst: scoreA, scoreSecond: scoreB, verdict: gameVerdict(scoreA, scoreB) };
  const verdicts = { model_a: 'win', model_b: 'loss', tie: 'tie' } as const;
  return { scoreFirst: null, scoreSecond: null, verdict: verdicts[verdict] };
}
