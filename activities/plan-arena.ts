import { Context } from '@temporalio/activity';
import { adaptivePlan, type Planned, type PlayedOn } from '../src/arena/matchmaking/adaptive';
import type { AdaptiveSettings } from '../src/arena/matchmaking/looks';
import type { Pair } from '../src/arena/matchmaking/settle';
import type { Config } from '../src/config/schema';
import { battlesOnHost } from '../src/groups/needs';
import { checkpointPlayer, evaluationJudge, judgeParty, type Player } from '../src/models/roster';
import { sliceOf } from '../src/prompts/split';
import { growArena, saveArena, verdictsOf, type PlannedBattle, type Purpose } from '../src/store/arenas';
import { savePlayer } from '../src/store/players';
import { partOf } from '../src/store/prompts';
import { liveWorkers } from '../src/store/workers';
import { queueOf, roleOf } from '../workflows/queues';
import { labelOf } from '../workflows/steps';
import type { ModelRef, Place, PlannedArena, StageName } from '../workflows/types';
import { asActivity, checkpointOf, runOf } from './context';
import type { Deps } from './deps';
import { competitorsOf } from '../src/models/run-roster';

export interface ArenaRequest {
  run: string;
  place: Place;
  purpose: Purpose;
  judge: 'data' | 'evaluation';
  /** Checkpoints that take part. Training: the target. Gate: candidate, opponent. Evaluation: the new one and those kept. */
  models: ModelRef[];
  /** Evaluation: names that have met each other before; only pairs with somebody new are played. */
  known?: string[];
  /** Gate: prompts of the reserve that earlier gates used up. */
  gatePromptsUsed?: number;
}

type NamedPlayer = Pick<Player, 'id' | 'name' | 'kind' | 'reach'>;

export function createPlanArenaActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Plans an arena's battles, all pairs of a prompt together, in the split's order; planning twice changes nothing. */
    planArena: (request: ArenaRequest): Promise<PlannedArena> =>
      asActivity(async () => {
        const { config, split } = await runOf(deps, request.run);
        const prompts = await partOf(pool, split, ...promptRange(config, request));
        const pairs = await pairsOf(config, request);
        const judgeSettings = request.judge === 'data' ? config.judge : evaluationJudge(config);
        const judge = judgeParty(judgeSettings);
        const id = arenaId(request);
        const battles = plannedBattles(
          prompts,
          isAdaptive(config, request.purpose)
            ? adaptivePlan(
                pairs.map(([a, b]) => [a.id, b.id]),
                [],
                adaptiveSettings(config, prompts.length),
              ).battles
            : pairs.map(([a, b]) => ({ pair: [a.id, b.id], prompts: [...prompts.keys()], weight: 1 })),
        );
        const arena = {
          ...{ id, run: request.run, ...placeColumns(request.place), purpose: request.purpose },
          ...{ judge: judge.id, size: battles.length },
        };
        const size = await saveArena(pool, arena, battles);
        const perPrompt = Math.max(1, pairs.length);
        const batch = Math.max(1, Math.round(config.arena.batch / perPrompt)) * perPrompt;
        const who = [...new Map(pairs.flat().map((player) => [player.id, player])).values()];
        const answering = who.filter(({ kind }) => kind !== 'recorded');
        const queue = queueOf(roleOf('playBatch', battlesOnHost(config)));
        const workers = (await liveWorkers(pool, Context.current().info.namespace, queue)).length;
        return {
          ...{ arena: id, battles: size, batch },
          window:
            config.arena.window ?? windowFor({ config, judge: judgeSettings, answering, batch, perPrompt, workers }),
          phases:
            config.arena.order === 'phased'
              ? answering.map((player) => ({ player: player.id, name: player.name }))
              : [],
        };
      }),

    /**
     * Plans what an adaptive arena plays next, from the verdicts so far; returns its size, which stays as it is where nothing is left to
     * play. Doing it twice changes nothing.
     */
    growArena: ({ run, arena: id }: { run: string; arena: string }): Promise<{ battles: number }> =>
      asActivity(async () => {
        const { config, split } = await runOf(deps, run);
        const prompts = await partOf(pool, split, 'test');
        const place = new Map(prompts.map((prompt, at) => [prompt, at]));
        const played = await verdictsOf(pool, id);
        // At the first look all pairs meet on every prompt.
        const pairs = played
          .filter(({ prompt }) => prompt === played[0]?.prompt)
          .map(({ playerA, playerB }): Pair => [playerA, playerB]);
        const games = played.flatMap(({ prompt, playerA, playerB, verdicts }) =>
          Array.from(verdicts ?? '').map((verdict): PlayedOn => ({
            ...{ a: playerA, b: playerB, at: place.get(prompt) ?? 0, weight: 0.5 },
            score: verdict === 'w' ? 1 : verdict === 't' ? 0.5 : 0,
          })),
        );
        const { battles } = adaptivePlan(pairs, games, adaptiveSettings(config, prompts.length));
        const known = new Set(played.map(({ prompt }) => prompt));
        const next = plannedBattles(prompts, battles).filter(({ prompt }) => !known.has(prompt));
        return { battles: await growArena(pool, id, played.length, next) };
      }),
  };

  async function pairsOf(
    config: Config,
    { purpose, models, known = [], place }: ArenaRequest,
  ): Promise<[NamedPlayer, NamedPlayer][]> {
    const own = await Promise.all(models.map((model) => registerModel(config, model)));
    if (purpose === 'gate') return [[own[0] as NamedPlayer, own[1] as NamedPlayer]];
    const competitors = (await competitorsOf(config)).filter(({ joins }) => joins <= place.round);
    const pairs = allPairs<NamedPlayer>([...own, ...competitors]);
    if (purpose === 'training')
      return config.arena.pairs === 'target'
        ? pairs.filter(([a, b]) => a.id === own[0]?.id || b.id === own[0]?.id)
        : pairs;
    const met = new Set(known);
    return pairs.filter(([a, b]) => !met.has(a.name) || !met.has(b.name));
  }

  async function registerModel(config: Config, model: ModelRef): Promise<NamedPlayer> {
    const checkpoint = await checkpointOf(deps, model);
    const player = checkpointPlayer(config, { ...checkpoint, label: model.label });
    await savePlayer(pool, player);
    await pool.query('update checkpoints set player = $2 where id = $1', [checkpoint.id, player.id]);
    return player;
  }
}

/** Batches in flight at most: of one worker, as many as it runs beside all else, and of all; Temporal takes 2,000 activities of a workflow. */
const MOST_BATCHES = { worker: 50, all: 500 };

/**
 * Batches that must be in flight so that no endpoint waits for work: of answers and of games six times as many as it takes at
 * once, because batches end together at first, when all of them began at once, and the next ones have to be loaded (bench/arena).
 * Four at least: while one batch ends and the next is scheduled the others go on. Each worker needs as many of its own.
 */
function windowFor({ config, judge, answering, batch, perPrompt, workers }: Crowd): number {
  const concurrency = ({ reach }: NamedPlayer) => reach?.concurrency ?? config.target?.serve.concurrency ?? 1;
  const forAnswers = Math.max(0, ...answering.map(concurrency)) / (batch / perPrompt);
  const forGames = judge.concurrency / (2 * batch);
  const each = Math.min(MOST_BATCHES.worker, Math.max(4, Math.ceil(6 * Math.max(forAnswers, forGames))));
  return Math.min(MOST_BATCHES.all, each * Math.max(1, workers));
}

interface Crowd {
  config: Config;
  judge: { concurrency: number };
  /** Players that are asked. */
  answering: readonly NamedPlayer[];
  batch: number;
  /** Battles on one prompt. */
  perPrompt: number;
  /** Workers that play batches. */
  workers: number;
}

const isAdaptive = (config: Config, purpose: Purpose): boolean =>
  purpose === 'evaluation' && config.evaluation.matchmaking === 'adaptive';

const adaptiveSettings = ({ evaluation }: Config, prompts: number): AdaptiveSettings => ({
  ...evaluation.adaptive,
  prompts,
});

/** Battles in the order of prompts, those of a prompt together. */
function plannedBattles(prompts: readonly string[], planned: readonly Planned[]): PlannedBattle[] {
  return planned
    .flatMap(({ pair: [playerA, playerB], prompts: places, weight }) =>
      places.map((at) => ({ at, prompt: prompts[at] ?? '', playerA, playerB, weight })),
    )
    .sort((x, y) => x.at - y.at)
    .map(({ prompt, playerA, playerB, weight }) => ({ prompt, playerA, playerB, weight }));
}

function promptRange(
  config: Config,
  { purpose, place, gatePromptsUsed = 0 }: ArenaRequest,
): [Parameters<typeof partOf>[2], number?, number?] {
  if (purpose === 'evaluation') return ['test'];
  if (purpose === 'training') return [sliceOf(config, place.round, place.stage as StageName)];
  return ['gate', gatePromptsUsed, gatePromptsUsed + config.gate.prompts];
}

function allPairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, index) => items.slice(index + 1).map((b): [T, T] => [a, b]));
}

const placeColumns = ({ round, stage, attempt }: Place) => ({ round, stage, attempt });

/** `run/r1-sft-a1/training`; the data judge's evaluation stands beside the evaluation judge's. */
export function arenaId({
  run,
  place,
  purpose,
  judge,
}: Pick<ArenaRequest, 'run' | 'place' | 'purpose' | 'judge'>): string {
  return `${run}/${labelOf(place)}/${purpose === 'evaluation' && judge === 'data' ? 'evaluation-data' : purpose}`;
}
