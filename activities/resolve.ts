import { checkConfig } from '../src/config/check';
import { configHash, gatesInRun } from '../src/config/freeze';
import { parseConfig } from '../src/config/load';
import type { Config, ConfigInput } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import { UserError } from '../src/errors';
import { seedFrom } from '../src/identity';
import { type Player, evaluationJudge, judgeMembers, judgeParty, memberParty } from '../src/models/roster';
import { answersTo } from '../src/models/recorded-answers';
import { clusterPrompts, type PromptClusters } from '../src/prompts/cluster/cluster-prompts';
import { createEmbedder } from '../src/prompts/embed/create';
import { inOnePage } from '../src/prompts/pages';
import type { Prompt } from '../src/prompts/prompt';
import { readSources, type SourceReport } from '../src/prompts/sources';
import { sliceOf, splitPrompts } from '../src/prompts/split';
import { saveAnswers, type Answer } from '../src/store/answers';
import { saveEvent } from '../src/store/events';
import { saveJudge, savePlayer } from '../src/store/players';
import { fillCategories, loadPrompts, partOf, savePrompts, saveSplit } from '../src/store/prompts';
import { loadRun, saveRun, type Run } from '../src/store/runs';
import type { Continued, FlywheelInput, FlywheelState, RunPlan } from '../workflows/types';
import { asActivity } from './context';
import type { Deps } from './deps';
import { competitorsOf } from '../src/models/run-roster';

const FIELDS = ['config', 'rounds', 'pauseAfter', 'rollback', 'continued'];

export function createResolveActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /**
     * The first activity of a run: checks and freezes the configuration, deals the prompts, enters players and judges.
     * Everything that can be wrong is found here, before anything is paid for. A run that exists goes on where it stopped.
     */
    resolveConfig: ({
      run,
      input,
      kind,
    }: {
      run: string;
      input: FlywheelInput;
      kind: 'flywheel' | 'arena';
    }): Promise<Continued> =>
      asActivity(async () => {
        const existing = await loadRun(pool, run);
        if (kind === 'arena' && existing && existing.config.rounds > 0)
          throw new UserError(`${run} is a flywheel's run; give the arena another id: --id NAME`);
        const config = configOf(kind === 'arena' ? { ...input, rounds: 0 } : input, existing);
        if (kind === 'flywheel') targetOf(config);
        const hash = configHash(config);
        if (existing && existing.configHash !== hash)
          throw new UserError(
            `The run ${run} was started with another configuration, and what decides results is frozen. Start the new configuration under another id, or leave out "config" to go on with the old one.`,
          );
        const problems = await checkConfig(config, deps.models);
        if (problems.length > 0) throw new UserError(problems.join('\n'));
        const { split, sources } = existing?.split ? { split: existing.split, sources: null } : await deal(config);
        await refuseMissingSlices(config, split);
        for (const judge of [config.judge, evaluationJudge(config)])
          for (const party of [judgeParty(judge), ...judgeMembers(judge).map(memberParty)])
            await saveJudge(pool, party);
        for (const player of await competitorsOf(config)) {
          await savePlayer(pool, player);
          if (player.kind === 'recorded') await importAnswers(config, split, player);
        }
        await saveRun(pool, { id: run, config, configHash: hash, split });
        await saveEvent(pool, {
          run,
          kind: existing ? 'continued' : 'started',
          sentence: existing ? 'The run goes on.' : `The run starts with configuration ${hash}.`,
          detail: sources ?? {},
        });
        return { plan: planOf(run, config), state: (existing?.state as FlywheelState | null) ?? freshState(config) };
      }),
  };

  function configOf(input: FlywheelInput, existing: Run | null): Config {
    for (const key of Object.keys(input))
      if (!FIELDS.includes(key))
        throw new UserError(
          `"${key}" is no field of the input. Known: ${FIELDS.slice(0, 4).join(', ')}. Example: {"rounds": 2}`,
        );
    const given = input.config ?? existing?.config ?? deps.defaults?.config;
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given)))
      throw new UserError(
        '"config" must be an object as in the YAML file, for example {"config": {"target": {…}, "competitors": […], …}}.',
      );
    if (given === undefined)
      throw new UserError(
        'The input has no "config", and this worker has no default one. Start the worker with --config FILE, or give {"config": {…}}.',
      );
    const { rounds, pauseAfter } = input;
    const merged: Partial<ConfigInput> = {
      ...(given as ConfigInput),
      ...(rounds === undefined ? {} : { rounds }),
      ...(pauseAfter === undefined ? {} : { pauseAfter }),
    };
    return parseConfig(merged, { where: 'the input', folder: deps.defaults?.folder ?? process.cwd() });
  }

  async function deal(config: Config): Promise<{ split: string; sources: Sources }> {
    const pooled = await readSources(pool, config.prompts.source);
    const tests = config.evaluation.testSet && (await readSources(pool, config.evaluation.testSet));
    const testSet = tests?.prompts ?? null;
    const grouped = await groupsOf(config, pooled.prompts);
    const split = splitPrompts(config, pooled.prompts, testSet, grouped?.clusters);
    const all = [...pooled.prompts, ...(testSet ?? [])];
    await savePrompts(pool, all);
    await fillCategories(pool, all);
    await saveSplit(pool, split.id, split.parts, grouped?.clusters);
    return {
      split: split.id,
      sources: { prompts: pooled.sources, testSet: tests?.sources ?? null, clusters: grouped?.labels ?? null },
    };
  }

  async function groupsOf({ prompts: { clusters: k, embedding }, seed }: Config, prompts: readonly Prompt[]) {
    if (k === null) return null;
    if (k > prompts.length)
      throw new UserError(`prompts.clusters: ${k} clusters of ${prompts.length} prompts; lower it, or add prompts.`);
    const embedder = await createEmbedder(pool, embedding);
    return clusterPrompts(inOnePage(prompts), { embedder, k, seed: seedFrom(seed, 'clusters') });
  }

  /** A run that goes on for more rounds than it was dealt for has no prompts for them. */
  async function refuseMissingSlices(config: Config, split: string): Promise<void> {
    if (config.rounds === 0) return;
    const last = sliceOf(config, config.rounds, config.stages.at(-1) ?? 'ppo');
    if ((await partOf(pool, split, last, 0, 1)).length === 0)
      throw new UserError(
        `rounds: ${config.rounds} rounds need the prompts of ${last}, and this run's split was frozen without it. Set prompts.slices for more rounds before a run's first start.`,
      );
    const needed = gatesInRun(config) * config.gate.prompts;
    const reserve = (await partOf(pool, split, 'gate')).length;
    if (reserve < needed)
      throw new UserError(
        `rounds: ${gatesInRun(config)} gates of ${config.gate.prompts} prompts need ${needed}, and this run's split was frozen with a reserve of ${reserve}. Set prompts.gateReserve for more rounds before a run's first start.`,
      );
  }

  /** Enters a recorded player's answers to the run's prompts, matched by the prompt's own id or its text. */
  async function importAnswers(config: Config, split: string, player: Player): Promise<void> {
    const file = config.competitors.flatMap((one) =>
      'answers' in one && one.id === player.name ? [one.answers] : [],
    )[0];
    if (file === undefined) return;
    const { rows } = await pool.query<{ prompt: string }>('select prompt from splits where split = $1', [split]);
    const prompts = await loadPrompts(
      pool,
      rows.map((row) => row.prompt),
    );
    const found = await answersTo([...prompts.values()], {
      player: player.name,
      file,
      maxMissingShare: config.arena.maxFailedShare,
    });
    const answers = [...found].map(([prompt, text]) => recordedAnswer(player.id, prompt, text));
    for (let from = 0; from < answers.length; from += 500) await saveAnswers(pool, answers.slice(from, from + 500));
  }
}

/** What a run's prompts came from, and what they are about, as its first event notes it. */
interface Sources {
  prompts: SourceReport[];
  testSet: SourceReport[] | null;
  clusters: PromptClusters['labels'] | null;
}

/** Nobody counted its tokens or knows how it ended; the length in words stands in for the tokens. */
function recordedAnswer(player: string, prompt: string, text: string): Answer {
  return {
    player,
    prompt,
    sample: 0,
    text,
    reasoning: null,
    finishReason: 'recorded',
    promptTokens: 0,
    completionTokens: text.split(/\s+/).length,
  };
}

function planOf(run: string, config: Config): RunPlan {
  return {
    run,
    name: config.name,
    rounds: config.rounds,
    stages: config.stages,
    pauseAfter: config.pauseAfter,
    window: config.arena.window,
    heartbeat: config.heartbeat,
    evaluation: {
      after: config.evaluation.after,
      dataJudge: config.evaluation.dataJudge,
      ownJudge: config.evaluation.judge !== null,
      adaptive: config.evaluation.matchmaking === 'adaptive',
    },
    competitors: config.competitors.map(({ id, joins }) => ({ id, joins })),
    gatePrompts: config.gate.prompts,
    rewardPairs: config.ppo.rewardModel.data,
    hasTarget: config.target !== null,
    trainsStart: config.start.sft !== null,
    sftInit: config.sft.init,
    minRewardAccuracy: config.ppo.rewardModel.minAccuracy,
  };
}

function freshState(config: Config): FlywheelState {
  return {
    attempt: 1,
    finished: [],
    paused: null,
    budgetUsd: config.budget.usd,
    cursor: null,
    lastAction: null,
    lastProblem: null,
  };
}
