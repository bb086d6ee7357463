import type { SandboxRequest } from './chat-request';
import { JUDGES, judgeReply, type JudgeName } from './judges';
import type { Behaviour } from './options';
import { PLAYERS, type PlayerName } from './pocket-english/skills';
import { playerReply } from './players';

export type ModelName = PlayerName | 'echo' | JudgeName;

/** The names that the sandbox's endpoint knows. */
export const MODELS: readonly ModelName[] = [...PLAYERS, ...(Object.keys(JUDGES) as JudgeName[]), 'echo'];

export function isModel(name: string): name is ModelName {
  return (MODELS as readonly string[]).includes(name);
}

/** What a scripted model says to a request. */
export function scriptedReply(model: ModelName, { lastUserText, seed }: SandboxRequest, behaviour: Behaviour): string {
  return model in JUDGES
    ? judgeReply(model as JudgeName, lastUserText, behaviour)
    : playerReply(model as PlayerName | 'echo', lastUserText, seed);
}
