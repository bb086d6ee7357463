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

/** One real call to each model that the configuration names: a player is asked a question, a judge decides a battle. */
export async function checkCalls(config: Config, models: ModelPool): Promise<Finding[]> {
  const players = config.competitors.flatMap((player) =>
    'url' in player ? [finding(`call of ${player.id}`, () => askPlayer(player, models))] : [],
  );
  const judges = [
    ...judgeMembers(config.judge).map((judge) => ({ role: 'judge', judge })),
    ...(config.evaluation.judge
      ? judgeMembers(config.evaluation.judge).map((judge) => ({ role: 'evaluation judge', judge }))
      : []),
  ].map(({ role, judge }) => finding(`call of the ${role}`, () => askJudge(judge, models)));
  return Promise.all([...players, ...judges]);
}

type Endpoint = Extract<Config['competitors'][number], { url: string }>;

/** Scripted models have nothing to say outside their own prompts, and are always there. */
const isScripted = ({ url }: { url: string }) => url === 'sandbox:';
const SCRIPTED = 'scripted, comes with Arena Flywheel';

/** What runs only while it is needed is not started to be asked. */
const LATER = 'started when it is needed (process)';

async function askPlayer(player: Endpoint, models: ModelPool): Promise<Answer> {
  if (isScripted(player)) return SCRIPTED;
  if (player.process?.start) return LATER;
  const client = await models.client(quick(player));
  const began = performance.now();
  const { completionTokens } = await client.chat({
    model: player.model,
    messages: QUESTION,
    sampling: { ...player.sampling, maxTokens: Math.min(SHORT, player.sampling.maxTokens) },
  });
  return `${player.model} answered in ${secondsSince(began)} with ${completionTokens} tokens`;
}

/** Whether its text can be read is what a run lives by. */
async function askJudge(judge: MemberJudgeConfig, models: ModelPool): Promise<Answer> {
  if (isScripted(judge)) return SCRIPTED;
  if (judge.process?.start) return LATER;
  const client = await models.client(quick(judge));
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

const quick = (reach: Reach): Reach => ({
  ...reachOf(reach),
  timeoutSeconds: Math.min(CALL_SECONDS, reach.timeoutSeconds),
  retries: 0,
});

const secondsSince = (began: number) => `${((performance.now() - began) / 1000).toFixed(2)} s`;
