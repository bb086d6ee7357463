import { Context } from '@temporalio/activity';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { artifactWorkers, strangeRoots } from '../src/artifacts/root';
import { checkConfig } from '../src/config/check';
import { configHash, gatesInRun } from '../src/config/freeze';
import { parseConfig } from '../src/config/load';
import { changesBetween, mergeSettings, reviseConfig, type Change } from '../src/config/revise';
import type { Config, ConfigInput } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import { battlesOnHost } from '../src/groups/needs';
import { UserError } from '../src/errors';
import { writeFileAtomic } from '../src/files';
import { type Player, evaluationJudge, judgeMembers, judgeParty, memberParty } from '../src/models/roster';
import { answersTo } from '../src/models/recorded-answers';
import { dealPrompts, type DealReport } from '../src/prompts/deal';
import { contaminationMarkdown } from '../src/prompts/decontaminate/markdown';
import type { Prompt } from '../src/prompts/prompt';
import { sliceOf } from '../src/prompts/split';
import { saveAnswers, type Answer } from '../src/store/answers';
import type { Db } from '../src/store/bulk';
import { saveCap, spendOf } from '../src/store/ledger';
import { saveJudge, savePlayer } from '../src/store/players';
import { loadPrompts, partOf } from '../src/store/prompts';
import { newestBoard } from '../src/report/arenas';
import { hasEvent } from '../src/store/events';
import { leaderboardsOf } from '../src/store/results';
import { configVersions, saveConfigVersion, type ConfigVersion } from '../src/store/run-configs';
import { loadRun, saveRun, type Run } from '../src/store/runs';
import { inTransaction } from '../src/store/transaction';
import { allSteps, freshState } from '../workflows/steps';
import type { Continued, FlywheelInput, FlywheelState, RunPlan, StageName } from '../workflows/types';
import { starterOf } from './actor';
import { publishedRows, type LeaderboardBody } from './rating';
import { asActivity, runFolder, runOf } from './context';
import type { Deps } from './deps';
import { noteEvent } from './event';
import { competitorsOf } from '../src/models/run-roster';
import { piecesOf } from '../src/pieces';

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
      rollbackKey,
    }: {
      run: string;
      input: FlywheelInput;
      kind: 'flywheel' | 'arena';
      /** Names the rollback that the input may ask for among the run's events. */
      rollbackKey: string;
    }): Promise<Continued & { wentBack: boolean }> =>
      asActivity(async () => {
        const existing = await loadRun(pool, run);
        if (kind === 'arena' && existing && existing.config.rounds > 0)
          throw new UserError(`${run} is a flywheel's run; give the arena another id: --id NAME`);
        const versions = existing ? await configVersions(pool, run) : [];
        const standard = await standardFor(input, existing);
        const config = configOf(kind === 'arena' ? { ...input, rounds: 0 } : input, existing, versions, standard);
        if (kind === 'flywheel') targetOf(config);
        const { split, report } = existing?.split ? { split: existing.split, report: null } : await deal(run, config);
        await enter(config, split);
        const changes = existing ? changesBetween(existing.config, config) : [];
        const version = existing && changes.length === 0 ? versions.length : versions.length + 1;
        const state = continuedState(existing, config);
        await inTransaction(pool, async (db) => {
          await saveRun(db, { id: run, config, configHash: configHash(config), split });
          await saveConfigVersion(db, run, { version, config, change: null });
          await saveCap(db, run, state.budgetUsd);
          await noteStart(db, run, { existing, config, changes, version, report });
        });
        const board = newestBoard({ state }, await leaderboardsOf<LeaderboardBody>(pool, run));
        return {
          plan: planOf(run, config, version),
          state,
          spend: await spendOf(pool, run),
          leaderboard: board ? publishedRows(board.body.table) : [],
          wentBack: await hasEvent(pool, run, rollbackKey),
        };
      }),

    /**
     * Checks the settings that a rollback asks for, before anything is cancelled, and enters the players and judges
     * that they name. Returns the plan that goes with them; `noteAction` keeps the new version.
     */
    checkSettings: ({ run, version, place, set }: SettingsRequest): Promise<RunPlan> =>
      asActivity(async () => {
        const { config, split } = await runOf(deps, run);
        const revised = reviseConfig(config, set, place.round);
        if (!allSteps(revised).some(({ round, stage }) => round === place.round && stage === place.stage))
          throw new UserError(`set: with rounds ${revised.rounds} there is no round ${place.round} to go back to.`);
        await enter(revised, split);
        return planOf(run, revised, version + 1);
      }),
  };

  /** Finds what is wrong before anything is paid for, and enters players, judges and recorded answers. */
  async function enter(config: Config, split: string): Promise<void> {
    const { training: backends, artifacts, hashOf } = deps;
    const problems = [
      ...(await checkConfig(config, deps.models, { backends, artifacts: artifacts.root, hashOf })).map(
        ({ sentence }) => sentence,
      ),
      ...(config.target ? await strangersAmongHosts() : []),
    ];
    if (problems.length > 0) throw new UserError(problems.join('\n'));
    await refuseMissingSlices(config, split);
    for (const judge of [config.judge, evaluationJudge(config)])
      for (const party of [judgeParty(judge), ...judgeMembers(judge).map(memberParty)]) await saveJudge(pool, party);
    const players = await competitorsOf(config);
    for (const player of players) await savePlayer(pool, player);
    const recorded = players.filter(({ kind }) => kind === 'recorded');
    const prompts = recorded.length > 0 ? await promptsOf(split) : [];
    for (const player of recorded) await importAnswers(config, prompts, player);
  }

  /** Workers that train, or read and write artifacts, and see other ones than this. */
  async function strangersAmongHosts(): Promise<string[]> {
    const { artifacts } = deps;
    const own = { host: hostname(), artifacts: artifacts.root, artifactsId: await artifacts.id() };
    return strangeRoots(own, await artifactWorkers(pool, Context.current().info.namespace));
  }

  async function noteStart(db: Db, run: string, { existing, config, changes, version, report }: Started) {
    const { workflowExecution } = Context.current().info;
    const key = (what: string) => `${workflowExecution?.runId}/${what}`;
    const actor = await starterOf(workflowExecution);
    const paused = (existing?.state as FlywheelState | null)?.paused;
    await noteEvent(db, {
      ...{ run, actor, key: key('start'), kind: existing ? 'continued' : 'started' },
      sentence: existing
        ? `The run goes on${paused ? `: starting it again ended its pause (${paused.reason})` : ''}.`
        : `The run starts with configuration ${configHash(config)}.`,
      detail: report ?? {},
    });
    for (const { path, from, to } of changes)
      await noteEvent(db, {
        ...{ run, actor, key: key(`change-${path}`), kind: 'configuration' },
        sentence: `${path}: ${from} → ${to} (configuration version ${version}).`,
        detail: { path, from, to, version },
      });
  }

  /** The worker's default configuration where it is the one to run; undefined otherwise, and where there is none. */
  async function standardFor(input: FlywheelInput, existing: Run | null): Promise<unknown> {
    return input.config === undefined && existing === null ? deps.defaults?.config() : undefined;
  }

  /** The configuration to run: as given, or as stored, or the worker's default one; a used id refuses another one. */
  function configOf(
    input: FlywheelInput,
    existing: Run | null,
    versions: readonly ConfigVersion[],
    standard: unknown,
  ): Config {
    for (const key of Object.keys(input))
      if (!FIELDS.includes(key))
        throw new UserError(
          `"${key}" is no field of the input. Known: ${FIELDS.slice(0, 4).join(', ')}. Example: {"rounds": 2}`,
        );
    const given = input.config ?? existing?.config ?? standard;
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
    const config = parseConfig(merged, { where: 'the input', folder: deps.defaults?.folder ?? process.cwd() });
    return existing && input.config !== undefined ? asRevised(existing.id, config, versions) : config;
  }

  /**
   * A configuration that is given to a run that exists: what decides results must be that of one of the run's versions, and
   * what later rollbacks set stays set. Hashes are taken anew, because a newer release may know more settings.
   */
  function asRevised(run: string, given: Config, versions: readonly ConfigVersion[]): Config {
    const hash = configHash(given);
    const known = versions.findLast(({ config }) => configHash(parseConfig(config)) === hash);
    if (!known)
      throw new UserError(
        `The run ${run} was started with another configuration, and what decides results is frozen. Start the new configuration under another id, or leave out "config" to go on with the old one.`,
      );
    const later = versions.filter(({ version, change }) => version > known.version && change !== null);
    return parseConfig(later.reduce<unknown>((config, { change }) => mergeSettings(config, change), given));
  }

  async function deal(run: string, config: Config): Promise<{ split: string; report: DealReport }> {
    const { split, report, contamination } = await dealPrompts(pool, config);
    if (contamination) {
      const file = join(deps.artifacts.root, runFolder(run), 'contamination.md');
      await writeFileAtomic(file, contaminationMarkdown(`the prompts of ${run}`, contamination));
      await deps.artifacts.publish(file);
    }
    return { split, report };
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

  /** All that anybody plays on. */
  async function promptsOf(split: string): Promise<Prompt[]> {
    const { rows } = await pool.query<{ prompt: string }>(
      "select prompt from splits where split = $1 and part <> 'd0'",
      [split],
    );
    const prompts = await loadPrompts(
      pool,
      rows.map(({ prompt }) => prompt),
    );
    return [...prompts.values()];
  }

  /** Enters a recorded player's answers to the run's prompts, matched by the prompt's own id or its text. */
  async function importAnswers(config: Config, prompts: readonly Prompt[], player: Player): Promise<void> {
    const file = config.competitors.flatMap((one) =>
      'answers' in one && one.id === player.name ? [one.answers] : [],
    )[0];
    if (file === undefined) return;
    const found = await answersTo(prompts, {
      player: player.name,
      file,
      maxMissingShare: config.arena.maxFailedShare,
    });
    const answers = [...found].map(([prompt, text]) => recordedAnswer(player.id, prompt, text));
    for (const piece of piecesOf(answers, 500)) await saveAnswers(pool, piece);
  }
}

interface SettingsRequest {
  run: string;
  /** Of the configuration that holds now. */
  version: number;
  place: { round: number; stage: StageName | undefined };
  set: Record<string, unknown>;
}

interface Started {
  existing: Run | null;
  config: Config;
  changes: Change[];
  version: number;
  report: DealReport | null;
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

function planOf(run: string, config: Config, version: number): RunPlan {
  return {
    run,
    version,
    name: config.name,
    rounds: config.rounds,
    stages: config.stages,
    pauseAfter: config.pauseAfter,
    maxFailedShare: config.arena.maxFailedShare,
    heartbeat: config.heartbeat,
    battlesOnHost: battlesOnHost(config),
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
    benchmarks: config.evaluation.commands.length > 0,
    askOnReject: config.gate.onReject === 'ask',
  };
}

/** Where a run goes on: starting it again is the operator's word, which ends a pause; another cap in its configuration holds. */
function continuedState(existing: Run | null, config: Config): FlywheelState {
  const stored = existing?.state as FlywheelState | null | undefined;
  const fresh = freshState(config.budget.usd);
  if (!existing || !stored) return fresh;
  const recapped = existing.config.budget.usd !== config.budget.usd;
  return {
    ...fresh,
    ...stored,
    paused: null,
    lastProblem: null,
    ...(recapped ? { budgetUsd: config.budget.usd } : {}),
  };
}
