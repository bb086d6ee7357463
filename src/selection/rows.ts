import type { Message } from '../prompts/prompt';

/** Where a training row comes from. */
export interface RowMeta {
  run: string;
  round: number;
  stage: string;
  prompt: string;
  /** The battles that made the row, as `arena#position`. */
  battles: string[];
  chosen?: string;
  rejected?: string;
  gap?: number;
}

/** The rows that the trainer reads (TRL's conversational forms), each with its lineage. */
export type SftRow = { prompt: Message[]; completion: Message[]; meta: RowMeta };
export type PairRow = { prompt: Message[]; chosen: Message[]; rejected: Message[]; meta: RowMeta };
export type PromptRow = { prompt: Message[]; meta: RowMeta };
export type TrainingRow = SftRow | PairRow | PromptRow;

export const said = (content: string): Message[] => [{ role: 'assistant', content }];

/** A prompt as the target will see it: with the target's system prompt, never the competitor's. */
export function asTargetSees(messages: readonly Message[], systemPrompt: string | null): Message[] {
  return systemPrompt === null ? [...messages] : [{ role: 'system', content: systemPrompt }, ...messages];
}
