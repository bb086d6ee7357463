import { gameVerdict } from '../arena/outcome';
import type { ChatClient, ChatOptions, Sampling } from '../models/chat';
import { judgeId } from '../models/player';
import type { Message } from '../prompts/prompt';
import { JSON_VERDICT_SCHEMA } from './json';
import type { Said } from './jury';
import { parseVerdict, type VerdictFormat } from './parse';
import { renderJudgeMessages, type Shown } from './render';
import type { JudgeTemplate } from './template';
import { templateOf } from './templates';

export interface JudgeSettings {
  client: ChatClient;
  model: string;
  revision: string | null;
  /** Takes the place of the template's own system text; null keeps that. */
  systemPrompt: string | null;
  sampling: Sampling;
  /** A template of ours by name and version, such as `scores-v1`, or a whole one. */
  template: string | JudgeTemplate;
  /** Whether the endpoint is asked to hold the judge to the JSON schema of the verdict; for templates of the form json. */
  responseFormat?: 'text' | 'json_schema';
}

/** What one game brought, from the point of view of the answer that stood first. */
export interface GameText extends Said {
  /** The judge's raw text, kept so that a better parser can read it again. */
  text: string;
  finishReason: string;
  promptTokens: number;
  completionTokens: number;
}

export interface JudgeOptions extends ChatOptions {
  /** A correct answer to the prompt, shown by the templates that take one. */
  reference?: string | null;
  seed?: number;
}

export interface Judge {
  /** The judge's identity, a part of every game's key. */
  id: string;
  /**
   * Plays one game: `first` is shown as Answer A.
   * @throws CallError when there is no reply, and then there is no game.
   */
  judge(prompt: readonly Message[], first: Shown, second: Shown, options?: JudgeOptions): Promise<GameText>;
}

export function createJudge({ client, ...settings }: JudgeSettings): Judge {
  const { model, systemPrompt, sampling, responseFormat } = settings;
  const asked = templateOf(settings.template);
  const template = { ...asked, system: systemPrompt ?? asked.system };
  return {
    id: judgeId(settings),
    async judge(prompt, first, second, { reference = null, seed, ...call } = {}) {
      const request = {
        model,
        messages: renderJudgeMessages(template, prompt, first, second, reference),
        sampling,
        ...(seed === undefined ? {} : { seed }),
        ...(responseFormat === 'json_schema' ? { schema: { name: 'verdict', schema: JSON_VERDICT_SCHEMA } } : {}),
      };
      const { text, finishReason, promptTokens, completionTokens } = await client.chat(request, call);
      return { text, ...readGame(text, finishReason, template.format), finishReason, promptTokens, completionTokens };
    },
  };
}

/**
 * Reads a game from a judge's text, new or stored. An error text that came as a reply has no verdict either; that
 * makes the game invalid. A text that was cut at a digit may have lost the next one (the 0 of 10), one that was cut in the
 * sentence of its label may have taken it back: they are invalid too.
 */
export function readGame(text: string, finishReason: string, format: VerdictFormat): Said {
  const { verdict, scoreA, scoreB } = parseVerdict(text, format);
  const cut = finishReason === 'length' && (/\d[.,]?$/.test(text) || endsBehindLabel(text));
  if (verdict === 'invalid' || verdict === 'failed' || cut)
    return { scoreFirst: null, scoreSecond: null, verdict: 'invalid' };
  if (scoreA !== null && scoreB !== null)
    return { scoreFirst: scoreA, scoreSecond: scoreB, verdict: gameVerdict(scoreA, scoreB) };
  const verdicts = { model_a: 'win', model_b: 'loss', tie: 'tie' } as const;
  return { scoreFirst: null, scoreSecond: null, verdict: verdicts[verdict] };
}

/** Whether the last line goes on in words after a label. */
function endsBehindLabel(text: string): boolean {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  const end = line.lastIndexOf(']');
  return /[ABC]\]?$/.test(line.slice(0, Math.max(end, 0))) && /\p{L}/u.test(line.slice(end));
}
