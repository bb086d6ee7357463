import type { Config, JudgeConfig, MemberJudgeConfig } from '../config/schema';
import { renderJudgeMessages } from '../judge/render';
import { templateOf } from '../judge/templates';
import { competitorPlayer, evaluationJudge, judgeMembers, memberParty, type Player } from '../models/roster';
import type { Prompt } from '../prompts/prompt';
import { ASSUMED_ANSWER, ASSUMED_EXPLANATION, assumedUsage, tokensOf, type Usage } from './usage';
import { trainingsOf, workOf, type ArenaWork } from './work';

/** What a step of a run takes. */
export interface StepForecast {
  step: string;
  battles: number;
  calls: number;
  promptTokens: number;
  completionTokens: number;
  usd: number;
  /** Of battles and gates; and of training, null where this database has seen no training of this base model. */
  arenaSeconds: number;
  trainingSeconds: number | null;
}

/** An endpoint's part, and whether its figures were measured. */
export interface PartyForecast {
  name: string;
  role: 'player' | 'judge';
  calls: number;
  promptTokens: number;
  completionTokens: number;
  usd: number;
  secondsPerCall: number;
  /** Calls in this database behind the figures; 0: assumed from the length of the texts. */
  measured: number;
  /** Share of the prompts that do not fit its `contextTokens`; null where that is not set. */
  tooLongShare: number | null;
}

/** Tokens of all judge calls, by what they are. */
export interface JudgeTokens {
  instructions: number;
  dialogue: number;
  answers: number;
  explanation: number;
}

export interface Forecast {
  steps: StepForecast[];
  parties: PartyForecast[];
  judgeTokens: JudgeTokens;
  total: StepForecast;
  /** What the figures rest on, in a sentence each. */
  notes: string[];
}

export interface ForecastInput {
  config: Config;
  /** Prompts of each part of the split: `test`, `gate`, `slice-1` … */
  parts: ReadonlyMap<string, readonly Prompt[]>;
  /** Measured calls by player and judge id; `checkpoints` for models of ours. */
  usage: ReadonlyMap<string, Usage>;
  /** Measured seconds of trainings by kind. */
  trainings: ReadonlyMap<string, number>;
}

/** Somebody who is asked. */
interface Asked {
  name: string;
  role: PartyForecast['role'];
  usage: Usage;
  concurrency: number;
  price: { input: number; output: number };
  tooLongShare: number | null;
}

const FREE = { input: 0, output: 0 };
/** The name of the model that is trained among those who are asked. */
const TARGET = 'the target';

/** What a run will take, before anything is spent: every arena that it plays, at measured or assumed costs of a call. */
export function forecast({ config, parts, usage, trainings }: ForecastInput): Forecast {
  const prompts = [...new Map([...parts.values()].flat().map((prompt) => [prompt.id, prompt])).values()];
  const sizes = new Map([...parts].map(([part, members]) => [part, members.length]));
  const players = playersOf(config, prompts, usage);
  const answerTokens = mean([...players.values()].map((player) => player.usage.completionTokens));
  const judges = {
    data: judgesOf(config.judge, prompts, answerTokens, usage),
    evaluation: judgesOf(evaluationJudge(config), prompts, answerTokens, usage),
  };
  const bill = createBill();
  for (const arena of workOf(config, sizes)) bill.arena(arena, players, judges[arena.judge]);
  const steps = bill.steps();
  for (const { step, kind } of trainingsOf(config)) {
    const row = steps.find((one) => one.step === step);
    const seconds = trainings.get(kind);
    if (row)
      row.trainingSeconds =
        seconds === undefined || row.trainingSeconds === null ? null : row.trainingSeconds + seconds;
  }
  return {
    steps,
    parties: bill.parties(),
    judgeTokens: bill.judgeTokens(judgeShares(config, prompts, answerTokens)),
    total: sumOf(steps),
    notes: notesOf(config, bill.parties(), steps),
  };
}

function playersOf(
  config: Config,
  prompts: readonly Prompt[],
  measured: ReadonlyMap<string, Usage>,
): Map<string, Asked> {
  const promptTokens = mean(prompts.map(lengthOf));
  const asked = new Map<string, Asked>();
  for (const one of config.competitors) {
    if ('answers' in one) continue;
    asked.set(one.id, answering(competitorPlayer(one), one, measured.get(competitorPlayer(one).id)));
  }
  const { target } = config;
  if (target) {
    const serve = target.serve.kind === 'endpoint' ? target.serve : { ...target.serve, price: FREE };
    const settings = { ...serve, contextTokens: target.contextTokens };
    asked.set('target', answering({ ...target, name: TARGET }, settings, measured.get('checkpoints')));
  }
  return asked;

  function answering(
    { name, systemPrompt, sampling }: Pick<Player, 'name' | 'systemPrompt' | 'sampling'>,
    { concurrency, price, contextTokens }: Pick<Asked, 'concurrency' | 'price'> & { contextTokens: number | null },
    found: Usage | undefined,
  ): Asked {
    const system = tokensOf(systemPrompt?.length ?? 0);
    return {
      ...{ name, role: 'player', concurrency, price },
      usage: found ?? assumedUsage(promptTokens + system, Math.min(ASSUMED_ANSWER, sampling.maxTokens)),
      tooLongShare:
        contextTokens === null
          ? null
          : share(prompts, (prompt) => lengthOf(prompt) + system + sampling.maxTokens > contextTokens),
    };
  }
}

function judgesOf(
  config: JudgeConfig,
  prompts: readonly Prompt[],
  answerTokens: number,
  measured: ReadonlyMap<string, Usage>,
): Asked[] {
  return judgeMembers(config).map((member) => {
    const { name, id } = memberParty(member);
    const frame = frameTokens(member);
    const shown = (prompt: Prompt) => frame + lengthOf(prompt) + 2 * answerTokens;
    const { contextTokens, sampling, concurrency, price } = member;
    return {
      ...{ name, role: 'judge', concurrency, price },
      usage:
        measured.get(id) ?? assumedUsage(mean(prompts.map(shown)), Math.min(ASSUMED_EXPLANATION, sampling.maxTokens)),
      tooLongShare:
        contextTokens === null ? null : share(prompts, (prompt) => shown(prompt) + sampling.maxTokens > contextTokens),
    };
  });
}

/** Tokens of a judge's prompt without dialogue and answers. */
export function frameTokens({ template, systemPrompt }: Pick<MemberJudgeConfig, 'template' | 'systemPrompt'>): number {
  const asked = templateOf(template);
  const messages = renderJudgeMessages({ ...asked, system: systemPrompt ?? asked.system }, [], '', '');
  return tokensOf(messages.reduce((sum, { content }) => sum + content.length, 0));
}

const lengthOf = ({ messages }: Prompt): number =>
  tokensOf(messages.reduce((sum, { content }) => sum + content.length, 0));

/** How a judge's prompt divides into its instructions, the dialogue and the two answers. */
function judgeShares(config: Config, prompts: readonly Prompt[], answerTokens: number) {
  const parts = {
    instructions: frameTokens(config.judge),
    dialogue: mean(prompts.map(lengthOf)),
    answers: 2 * answerTokens,
  };
  const all = parts.instructions + parts.dialogue + parts.answers;
  return { instructions: parts.instructions / all, dialogue: parts.dialogue / all, answers: parts.answers / all };
}

const emptyStep = (step: string): StepForecast => ({
  ...{ step, battles: 0, calls: 0, promptTokens: 0, completionTokens: 0, usd: 0, arenaSeconds: 0, trainingSeconds: 0 },
});

/** Adds up what the arenas take, by step and by party. */
function createBill() {
  const steps = new Map<string, StepForecast>();
  const parties = new Map<string, PartyForecast>();

  /** Enters calls, and returns the seconds that this endpoint needs for them. */
  const enter = (row: StepForecast, { name, role, usage, concurrency, price, tooLongShare }: Asked, calls: number) => {
    const promptTokens = calls * usage.promptTokens;
    const completionTokens = calls * usage.completionTokens;
    const usd = (promptTokens * price.input + completionTokens * price.output) / 1e6;
    const { measured, seconds } = usage;
    const none = { calls: 0, promptTokens: 0, completionTokens: 0, usd: 0 };
    const party = parties.get(`${role} ${name}`) ?? {
      name,
      role,
      ...none,
      secondsPerCall: seconds,
      measured,
      tooLongShare,
    };
    parties.set(`${role} ${name}`, party);
    for (const one of [row, party]) {
      one.calls += calls;
      one.promptTokens += promptTokens;
      one.completionTokens += completionTokens;
      one.usd += usd;
    }
    return (calls * seconds) / concurrency;
  };
  return {
    arena({ step, battles, answers }: ArenaWork, players: ReadonlyMap<string, Asked>, judges: readonly Asked[]): void {
      const row = steps.get(step) ?? emptyStep(step);
      steps.set(step, row);
      row.battles += battles;
      const seconds = judges.map((judge) => enter(row, judge, 2 * battles));
      for (const [name, calls] of answers) {
        const player = players.get(name);
        if (player) seconds.push(enter(row, player, calls));
      }
      // Answers and verdicts flow together: the slowest endpoint is the arena's pace.
      row.arenaSeconds += Math.max(0, ...seconds);
    },
    steps: () => [...steps.values()],
    parties: () => [...parties.values()],
    judgeTokens(shares: Omit<JudgeTokens, 'explanation'>): JudgeTokens {
      const judges = [...parties.values()].filter(({ role }) => role === 'judge');
      const prompt = sum(judges.map(({ promptTokens }) => promptTokens));
      return {
        instructions: prompt * shares.instructions,
        dialogue: prompt * shares.dialogue,
        answers: prompt * shares.answers,
        explanation: sum(judges.map(({ completionTokens }) => completionTokens)),
      };
    },
  };
}

function sumOf(steps: readonly StepForecast[]): StepForecast {
  const total = emptyStep('total');
  for (const step of steps) {
    for (const key of ['battles', 'calls', 'promptTokens', 'completionTokens', 'usd', 'arenaSeconds'] as const)
      total[key] += step[key];
    total.trainingSeconds =
      total.trainingSeconds === null || step.trainingSeconds === null
        ? null
        : total.trainingSeconds + step.trainingSeconds;
  }
  return total;
}

function notesOf(config: Config, parties: readonly PartyForecast[], steps: readonly StepForecast[]): string[] {
  const assumed = parties.filter(({ measured }) => measured === 0).map(({ name }) => name);
  const notes = [
    'Each candidate is taken to be promoted; what was stored before by the same players is free, and not subtracted.',
  ];
  if (config.evaluation.matchmaking === 'adaptive') notes.push('Adaptive matchmaking plays fewer battles than these.');
  if (assumed.length > 0)
    notes.push(
      `Assumed, because this database has no call of them: ${assumed.join(', ')} (${ASSUMED_ANSWER} tokens an answer, ${ASSUMED_EXPLANATION} a verdict, four characters a token).`,
    );
  if (steps.some(({ trainingSeconds }) => trainingSeconds === null))
    notes.push('The hours are without training: this database has not seen this base model trained.');
  for (const { name, tooLongShare } of parties)
    if (tooLongShare !== null && tooLongShare > 0)
      notes.push(`${(100 * tooLongShare).toFixed(1)}% of the prompts will not fit the contextTokens of ${name}.`);
  const { usd } = config.budget;
  const cost = sum(steps.map((step) => step.usd));
  if (usd !== null && cost > usd)
    notes.push(`The budget of $${usd.toFixed(2)} will not do: the run would stop and ask for more.`);
  const uncounted = parties.filter((one) => one.calls > 0 && one.usd === 0 && one.name !== TARGET);
  if (usd !== null && uncounted.length > 0)
    notes.push(
      `The budget counts nothing for ${uncounted.map(({ name }) => name).join(', ')}: no price stands beside them in the configuration.`,
    );
  return notes;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);
const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.length === 0 ? 0 : items.filter(holds).length / items.length;
