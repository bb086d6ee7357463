import { join } from 'node:path';
import type { Config } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import { writeFileAtomic } from '../src/files';
import { groupsOf, type Group } from '../src/selection/groups';
import { asTargetSees, said, type RowMeta, type TrainingRow } from '../src/selection/rows';
import { cardMarkdown, datasetCard } from '../src/selection/card';
import { readDataset } from '../src/selection/read-dataset';
import { chooseRows } from '../src/selection/choose';
import type { LengthEffect } from '../src/selection/length-guard';
import { thresholdOf, type Choice, type SelectionCounts } from '../src/selection/select';
import { sliceOf } from '../src/prompts/split';
import { answerKey, loadAnswers, type Answer } from '../src/store/answers';
import { loadArena, loadBattles } from '../src/store/arenas';
import { loadCheckpoint, loadDataset, saveDataset } from '../src/store/artifacts';
import { gamesOfBattles, loadGames } from '../src/store/games';
import { clustersOf, loadPrompts, partOf } from '../src/store/prompts';
import type { Prompt } from '../src/prompts/prompt';
import { labelOf } from '../workflows/steps';
import type { ModelRef, Place, StageName } from '../workflows/types';
import { asActivity, finalFailure, runFolder, runOf } from './context';
import type { Deps } from './deps';

export interface DatasetRequest {
  run: string;
  place: Place;
  /** The model that battled as target. */
  target: ModelRef;
  /** The stage's arena, and for a reward model on both slices the DPO stage's arena too. */
  arenas: string[];
  /** The same stage's datasets of earlier rounds, by kind: data accumulate (arXiv 2407.10627 §3). */
  earlier: Record<string, string>;
}

export interface BuiltDatasets {
  /** Dataset ids by kind: sft; dpo; reward and ppo. */
  datasets: Record<string, string>;
  /** Rows of the first kind, earlier rounds' included. */
  rows: number;
  counts: SelectionCounts;
}

/** What a row is made of, loaded once for all battles of the stage. */
interface Material {
  groups: Group[];
  incomplete: number;
  prompts: Map<string, Prompt>;
  answers: Map<string, Answer>;
  arena: string;
}

type Kind = StageName | 'reward';

interface Built {
  id: string;
  kind: Kind;
  rows: number;
  counts: SelectionCounts;
}

const single = ({ id, rows, counts, kind }: Built): BuiltDatasets => ({ datasets: { [kind]: id }, rows, counts });

export function createDatasetActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Selects a stage's training rows from its battles and writes them after those of earlier rounds. */
    buildDatasets: (request: DatasetRequest): Promise<BuiltDatasets> =>
      asActivity(async () => {
        const { config } = await runOf(deps, request.run);
        const stage = request.place.stage as StageName;
        if (stage === 'sft') return single(await build(config, request, 'sft'));
        if (stage === 'dpo') return single(await build(config, request, 'dpo'));
        const reward = await build(config, request, 'reward');
        const prompts = await build(config, request, 'ppo');
        return {
          datasets: { ppo: prompts.id, reward: reward.id },
          rows: reward.rows,
          counts: { ...reward.counts, ppoPrompts: prompts.rows },
        };
      }),
  };

  async function build(config: Config, request: DatasetRequest, kind: Kind): Promise<Built> {
    const { run, place } = request;
    const id = `${run}/${labelOf(place)}/${kind}`;
    const existing = await loadDataset(pool, id);
    if (existing) return { id, kind, rows: existing.rows, counts: existing.counts };

    const fresh = kind === 'ppo' ? await promptRows(config, request) : await battleRows(config, request, kind);
    const maxRows = kind === 'reward' ? config.ppo.rewardModel.maxPairs : null;
    const lines = capped(
      [...(await earlierLines(request.earlier[kind])), ...fresh.rows.map((row) => JSON.stringify(row))],
      maxRows,
    );
    if (lines.length === 0)
      throw finalFailure(
        'NoTrainingData',
        new Error(
          `No battle gave a row for ${kind} (${JSON.stringify(fresh.counts)}). Lower the threshold (${kind === 'reward' ? 'ppo.rewardModel' : kind}.threshold) or use larger slices.`,
        ),
      );
    const path = join(deps.artifacts, runFolder(run), labelOf(place), `${kind}.jsonl`);
    const hash = await writeFileAtomic(path, `${lines.join('\n')}\n`);
    const counts = { ...fresh.counts, newRows: fresh.rows.length };
    const settings = {
      selection: config.selection,
      threshold: thresholdFor(config, kind, place.round),
      earlier: request.earlier[kind] ?? null,
    };
    const card = datasetCard(
      { id, kind, sha256: hash, settings, counts, lengthEffect: fresh.lengthEffect },
      lines.map((line) => JSON.parse(line) as TrainingRow),
    );
    await writeFileAtomic(path.replace(/jsonl$/, 'card.json'), `${JSON.stringify(card, null, 1)}\n`);
    await writeFileAtomic(path.replace(/jsonl$/, 'card.md'), cardMarkdown(card));
    await saveDataset(pool, {
      id,
      run,
      ...{ round: place.round, stage: place.stage, attempt: place.attempt },
      kind,
      settings,
      counts,
      rows: lines.length,
      path,
      sha256: hash,
    });
    return { id, kind, rows: lines.length, counts };
  }

  /** Rows of an earlier dataset as they stand in its file, whose hash must still be right. */
  async function earlierLines(id: string | undefined): Promise<string[]> {
    if (id === undefined) return [];
    const dataset = await loadDataset(pool, id);
    if (!dataset) throw finalFailure('UnknownDataset', new Error(`The dataset ${id} is not stored.`));
    return (await readDataset(dataset)).map((row) => JSON.stringify(row));
  }

  async function promptRows(config: Config, { run, place }: DatasetRequest) {
    const { split } = await runOf(deps, run);
    const ids = await partOf(pool, split, sliceOf(config, place.round, 'ppo'));
    const prompts = await loadPrompts(pool, ids);
    const rows: TrainingRow[] = ids.map((id) => ({
      prompt: asTargetSees(prompts.get(id)?.messages ?? [], targetOf(config).systemPrompt),
      meta: { run, round: place.round, stage: place.stage, prompt: id, battles: [] },
    }));
    return { rows, counts: { selected: rows.length } as SelectionCounts, lengthEffect: null };
  }

  async function battleRows(config: Config, request: DatasetRequest, kind: 'sft' | 'dpo' | 'reward') {
    const target = (await loadCheckpoint(pool, request.target.checkpoint))?.player;
    if (!target) throw finalFailure('UnknownCheckpoint', new Error(`${request.target.label} has not battled.`));
    const { split } = await runOf(deps, request.run);
    const clusters = await clustersOf(pool, split);
    const rows: TrainingRow[] = [];
    const counts: SelectionCounts = {};
    let lengthEffect: LengthEffect | null = null;
    for (const arena of request.arenas) {
      const material = await load(arena);
      const selection = chooseRows(kind, thresholdFor(config, kind, request.place.round), config, {
        groups: material.groups,
        target,
        answer: (player, prompt) =>
          material.answers.get(answerKey(player, prompt)) ?? { text: '', finishReason: 'missing' },
        promptText: (prompt) => textOf(material.prompts.get(prompt)?.messages ?? []),
        clusterOf: (prompt) => clusters.get(prompt) ?? null,
      });
      lengthEffect ??= selection.lengthEffect;
      for (const choice of selection.choices) rows.push(rowOf(config, request, kind, choice, material));
      for (const [reason, n] of Object.entries({ ...selection.counts, incompleteGroup: material.incomplete }))
        counts[reason] = (counts[reason] ?? 0) + n;
    }
    return { rows, counts, lengthEffect };
  }

  async function load(arenaId: string): Promise<Material> {
    const arena = await loadArena(pool, arenaId);
    if (!arena) throw finalFailure('UnknownArena', new Error(`The arena ${arenaId} is not planned.`));
    const battles = await loadBattles(pool, arenaId);
    const games = await loadGames(pool, arena.judge, gamesOfBattles(battles));
    const answers = await loadAnswers(
      pool,
      battles.flatMap(({ prompt, playerA, playerB }) => [[playerA, prompt] as const, [playerB, prompt] as const]),
    );
    const prompts = await loadPrompts(pool, [...new Set(battles.map(({ prompt }) => prompt))]);
    return { ...groupsOf(battles, games), prompts, answers, arena: arenaId };
  }
}

function thresholdFor({ sft, dpo, ppo }: Config, kind: string, round: number): number {
  return thresholdOf(
    kind === 'sft' ? sft.threshold : kind === 'dpo' ? dpo.threshold : ppo.rewardModel.threshold,
    round,
  );
}

function rowOf(
  config: Config,
  { run, place }: DatasetRequest,
  kind: 'sft' | 'dpo' | 'reward',
  choice: Choice,
  material: Material,
): TrainingRow {
  const text = (player: string) => material.answers.get(answerKey(player, choice.prompt))?.text ?? '';
  const prompt = asTargetSees(material.prompts.get(choice.prompt)?.messages ?? [], targetOf(config).systemPrompt);
  const meta: RowMeta = {
    run,
    round: place.round,
    stage: place.stage,
    prompt: choice.prompt,
    battles: choice.battle === null ? [] : [`${material.arena}#${choice.battle}`],
    chosen: choice.chosen,
    rejected: choice.rejected,
    gap: choice.gap,
  };
  if (kind === 'sft') return { prompt, completion: said(text(choice.chosen)), meta };
  return { prompt, chosen: said(text(choice.chosen)), rejected: said(text(choice.rejected)), meta };
}

const textOf = (messages: readonly { content: string }[]): string => messages.map(({ content }) => content).join('\n');

/** The newest rows, where there are more than allowed. */
function capped(lines: string[], max: number | null): string[] {
  return max === null ? lines : lines.slice(-max);
}
