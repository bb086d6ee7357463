import type { Address } from '../../config/check';
import type { Config, MemberJudgeConfig } from '../../config/schema';
import { createJudge } from '../../judge/judge';
import type { ModelPool } from '../../models/pool';
import { reachOf, type Reach } from '../../models/reach';
import { judgeMembers } from '../../models/roster';
import type { Message } from '../../prompts/prompt';
import { finding, type Answer, type Finding } from './finding';

/** A call at most so long, and without repeats: whoever is slower or refuses is to be seen. */
const CALL_SECONDS = 60;
/** Tokens that a player may answer with. */
const SHORT = 32;

const QUESTION: Message[] = [{ role: 'user', content: 'What is the capital of France? Answer with one word.' }];

/**
 * One real call to each model that the configuration names: a player is asked a question, a judge decides a battle.
 * @param unusable addresses of which it is known that they cannot be asked: their replicas are, if there are any.
 */
export async function checkCalls(
  config: Config,
  models: ModelPool,
  unusable: readonly Address[] = [],
): Promise<Finding[]> {
  const asked: Asked = { models, unusable };
  const players = config.competitors.flatMap((player) =>
    'url' in player ? [finding(`call of ${player.id}`, () => askPlayer(player, asked))] : [],
  );
  const judges = [
    ...judgeMembers(config.judge).map((judge) => ({ role: 'judge', judge })),
    ...(config.evaluation.judge
      ? judgeMembers(config.evaluation.judge).map((judge) => ({ role: 'evaluation judge', judge }))
      : []),
  ].map(({ role, judge }) => finding(`call of the ${role}`, () => askJudge(judge, asked)));
  return Promise.all([...players, ...judges]);
}

type Endpoint = Extract<Config['competitors'][number], { url: string }>;

interface Asked {
  models: ModelPool;
  unusable: readonly Address[];
}

/** Scripted models have nothing to say outside their own prompts, and are always there. */
const isScripted = ({ url }: { url: string }) => url === 'sandbox:';
const SCRIPTED = 'scripted, comes with Arena Flywheel';

/** What runs only while it is needed is not started to be asked. */
const LATER = 'started when it is needed (process)';

const UNUSABLE = { warning: 'not asked, because its endpoint cannot be used: see above' };

async function askPlayer(player: Endpoint, { models, unusable }: Asked): Promise<Answer> {
  if (isScripted(player)) return SCRIPTED;
  if (player.process?.start) return LATER;
  const reach = quick(player, unusable);
  if (reach === null) return UNUSABLE;
  const client = await models.client(reach);
  const began = performance.now();
  const { completionTokens } = await client.chat({
    model: player.model,
    messages: QUESTION,
    sampling: { ...player.sampling, maxTokens: Math.min(SHORT, player.sampling.maxTokens) },
  });
  return `${player.model} answered in ${secondsSince(began)} with ${completionTokens} tokens`;
}

/** Whether its text can be read is what a run lives by. */
async function askJudge(judge: MemberJudgeConfig, { models, unusable }: Asked): Promise<Answer> {
  if (isScripted(judge)) return SCRIPTED;
  if (judge.process?.start) return LATER;
  const reach = quick(judge, unusable);
  if (reach === null) return UNUSABLE;
  const client = await models.client(reach);
  const began = performance.now();
  const game = await createJudge({ ...judge, client }).judge(QUESTION, 'Paris.', 'It is Berlin, I think.');
  const said = `${judge.model} decided a battle in ${secondsSince(began)}`;
  if (game.verdict !== 'invalid') return `${said}: ${inWords(game.verdict)}`;
  const text = JSON.stringify(game.text.slice(-80));
  return {
    warning:
      game.finishReason === 'length'
        ? `${said}, but its text was cut before the verdict: raise sampling.maxTokens (it ends in ${text})`
        : `${said}, but no verdict can be read from it (it ends in ${text}): take another template (docs/judging.md) or judge`,
  };
}

function inWords(verdict: string): string {
  return verdict === 'win' ? 'the right answer won' : verdict === 'tie' ? 'a tie' : 'the wrong answer won';
}

/** How to ask once, by the addresses that can be used; null where there is none. */
function quick(model: Reach, unusable: readonly Address[]): Reach | null {
  const { url: first, replicas: others, ...reach } = reachOf(model);
  const isUsable = (address: string) => !unusable.some(({ url, key }) => url === address && key === reach.key);
  const [url, ...replicas] = [first, ...others].filter(isUsable);
  if (url === undefined) return null;
  return { ...reach, url, replicas, timeoutSeconds: Math.min(CALL_SECONDS, reach.timeoutSeconds), retries: 0 };
}

const secondsSince = (began: number) => `${((performance.now() - began) / 1000).toFixed(2)} s`;
