import { join } from 'node:path';
import type { Config } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import { writeFileAtomic, writePartsAtomic } from '../src/files';
import { piecesOf } from '../src/pieces';
import { sliceOf } from '../src/prompts/split';
import { cardFiles, cardMarkdown, createCardCounts } from '../src/selection/card';
import { chooseRows } from '../src/selection/choose';
import type { Group } from '../src/selection/groups';
import { countTokens } from '../src/selection/length';
import type { LengthEffect } from '../src/selection/length-guard';
import { loadMaterial, noAnswers, type AnswerCounts } from '../src/selection/material';
import { datasetLines } from '../src/selection/read-dataset';
import { asTargetSees, said, type RowMeta, type TrainingRow } from '../src/selection/rows';
import { thresholdOf, type Choice, type SelectionCounts } from '../src/selection/select';
import { answerKey, loadAnswers } from '../src/store/answers';
import { loadArena } from '../src/store/arenas';
import { loadCheckpoint, loadDataset, saveDataset, type Dataset } from '../src/store/artifacts';
import { namesOf } from '../src/store/lineage';
import { clustersOf, loadPrompts, partOf } from '../src/store/prompts';
import { labelOf } from '../workflows/steps';
import type { ModelRef, Place, StageName } from '../workflows/types';
import { asActivity, datasetOf, finalFailure, runFolder, runOf } from './context';
import type { Deps } from './deps';

/** Rows whose texts are held at once. */
const PAGE = 1000;

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

type Kind = StageName | 'reward';

/** Rows that are made while they are written, so that the texts of a large dataset are never held together. */
interface Fresh {
  rows(): AsyncIterable<TrainingRow>;
  count: number;
  counts: SelectionCounts;
  lengthEffect: LengthEffect | null;
  answers: AnswerCounts | null;
}

interface Built {
  id: string;
  kind: Kind;
  rows: number;
  counts: SelectionCounts;
}

const single = ({ id, rows, counts, kind }: Built): BuiltDatasets => ({ datasets: { [kind]: id }, rows, counts });

export function createDatasetActivities(deps: Pick<Deps, 'store' | 'artifacts'>) {
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
    const before = accumulates(config, kind) ? request.earlier[kind] : undefined;
    const earlier = before === undefined ? null : await datasetOf(deps, before);
    const rows = (earlier?.rows ?? 0) + fresh.count;
    if (rows === 0)
      throw finalFailure(
        'NoTrainingData',
        new Error(
          `No battle gave a row for ${kind} (${JSON.stringify(fresh.counts)}). Lower the threshold (${kind === 'reward' ? 'ppo.rewardModel' : kind}.threshold) or use larger slices.`,
        ),
      );
    const path = join(deps.artifacts.root, runFolder(run), labelOf(place), `${kind}.jsonl`);
    // The newest rows, where there are more than allowed.
    const skip = Math.max(0, rows - ((kind === 'reward' ? config.ppo.rewardModel.maxPairs : null) ?? Infinity));
    const counting = createCardCounts();
    const hash = await writePartsAtomic(path, pieces(linesFrom(skip, earlier, fresh.rows()), counting));
    const counts = { ...fresh.counts, newRows: fresh.count };
    const settings = {
      selection: config.selection,
      threshold: thresholdFor(config, kind, place.round),
      earlier: earlier?.id ?? null,
    };
    const { lengthEffect, answers } = fresh;
    const card = counting.card(
      { id, kind, sha256: hash, settings, counts, lengthEffect, answers },
      await namesOf(pool, counting.players()),
    );
    const { json, markdown } = cardFiles(path);
    const cards = [[json, `${JSON.stringify(card, null, 1)}\n`] as const, [markdown, cardMarkdown(card)] as const];
    for (const [file, text] of cards) {
      await writeFileAtomic(file, text);
      await deps.artifacts.publish(file);
    }
    // Before the row that tells other hosts of it.
    await deps.artifacts.publish(path);
    await saveDataset(pool, {
      id,
      run,
      ...{ round: place.round, stage: place.stage, attempt: place.attempt },
      kind,
      settings,
      counts,
      rows: card.rows,
      path,
      sha256: hash,
    });
    return { id, kind, rows: card.rows, counts };
  }

  async function promptRows(config: Config, { run, place }: DatasetRequest): Promise<Fresh> {
    const { split } = await runOf(deps, run);
    const ids = await partOf(pool, split, sliceOf(config, place.round, 'ppo'));
    async function* rows(): AsyncGenerator<TrainingRow> {
      for (const page of piecesOf(ids, PAGE)) {
        const prompts = await loadPrompts(pool, page);
        for (const id of page)
          yield {
            prompt: asTargetSees(prompts.get(id)?.messages ?? [], targetOf(config).systemPrompt),
            meta: { run, round: place.round, stage: place.stage, prompt: id, battles: [] },
          };
      }
    }
    return { rows, count: ids.length, counts: { selected: ids.length }, lengthEffect: null, answers: null };
  }

  async function battleRows(config: Config, request: DatasetRequest, kind: 'sft' | 'dpo' | 'reward'): Promise<Fresh> {
    const target = (await loadCheckpoint(pool, request.target.checkpoint))?.player;
    if (!target) throw finalFailure('UnknownCheckpoint', new Error(`${request.target.label} has not battled.`));
    const { split } = await runOf(deps, request.run);
    const clusters = await clustersOf(pool, split);
    const chosen: { arena: string; choices: Choice[] }[] = [];
    const counts: SelectionCounts = {};
    const answers = noAnswers();
    let lengthEffect: LengthEffect | null = null;
    for (const id of request.arenas) {
      const arena = await loadArena(pool, id);
      if (!arena) throw finalFailure('UnknownArena', new Error(`The arena ${id} is not planned.`));
      const material = await loadMaterial(pool, arena, config.selection);
      const lengths = await promptLengths(config, material.groups);
      const selection = chooseRows(kind, thresholdFor(config, kind, request.place.round), config, {
        material,
        target,
        promptTokens: (prompt) => lengths.get(prompt) ?? 0,
        clusterOf: (prompt) => clusters.get(prompt) ?? null,
      });
      lengthEffect ??= selection.lengthEffect;
      chosen.push({ arena: id, choices: selection.choices });
      for (const [reason, n] of Object.entries({ ...selection.counts, incompleteGroup: material.incomplete }))
        counts[reason] = (counts[reason] ?? 0) + n;
      for (const fault of Object.keys(answers) as (keyof AnswerCounts)[]) answers[fault] += material.answers[fault];
    }
    async function* rows(): AsyncGenerator<TrainingRow> {
      for (const { arena, choices } of chosen)
        for (const page of piecesOf(choices, PAGE))
          yield* await rowsOf(config, request, kind, { arena, choices: page });
    }
    const count = chosen.reduce((sum, { choices }) => sum + choices.length, 0);
    return { rows, count, counts, lengthEffect, answers };
  }

  /** Tokens of the groups' prompts; only one baseline asks for them. */
  async function promptLengths({ selection }: Config, groups: readonly Group[]): Promise<Map<string, number>> {
    const lengths = new Map<string, number>();
    if (selection.method !== 'longest') return lengths;
    for (const page of piecesOf(groups, PAGE)) {
      const ids = page.map(({ prompt }) => prompt);
      for (const [id, { messages }] of await loadPrompts(pool, ids)) lengths.set(id, countTokens(textOf(messages)));
    }
    return lengths;
  }

  async function rowsOf(
    config: Config,
    { run, place }: DatasetRequest,
    kind: 'sft' | 'dpo' | 'reward',
    { arena, choices }: { arena: string; choices: readonly Choice[] },
  ): Promise<TrainingRow[]> {
    const [answers, prompts] = await Promise.all([
      loadAnswers(
        pool,
        choices.flatMap(({ prompt, chosen, rejected }) =>
          (kind === 'sft' ? [chosen] : [chosen, rejected]).map((player) => [player, prompt] as const),
        ),
      ),
      loadPrompts(pool, [...new Set(choices.map(({ prompt }) => prompt))]),
    ]);
    return choices.map(({ prompt: id, chosen, rejected, gap, battle }): TrainingRow => {
      const text = (player: string) => said(answers.get(answerKey(player, id))?.text ?? '');
      const prompt = asTargetSees(prompts.get(id)?.messages ?? [], targetOf(config).systemPrompt);
      const meta: RowMeta = {
        ...{ run, round: place.round, stage: place.stage, prompt: id },
        battles: battle === null ? [] : [`${arena}#${battle}`],
        ...{ chosen, rejected, gap },
      };
      if (kind === 'sft') return { prompt, completion: text(chosen), meta };
      return { prompt, chosen: text(chosen), rejected: text(rejected), meta };
    });
  }
}

/** A reward model's pairs and PPO's prompts are one stage's data. */
const accumulates = ({ sft, dpo, ppo }: Config, kind: Kind): boolean =>
  (kind === 'sft' ? sft : kind === 'dpo' ? dpo : ppo).data === 'accumulate';

function thresholdFor({ sft, dpo, ppo }: Config, kind: string, round: number): number {
  return thresholdOf(
    kind === 'sft' ? sft.threshold : kind === 'dpo' ? dpo.threshold : ppo.rewardModel.threshold,
    round,
  );
}

const textOf = (messages: readonly { content: string }[]): string => messages.map(({ content }) => content).join('\n');

/** Rows of earlier rounds as they stand in their file, then the new ones, without the first `skip`. */
async function* linesFrom(
  skip: number,
  earlier: Dataset | null,
  fresh: AsyncIterable<TrainingRow>,
): AsyncGenerator<{ line: string; row: TrainingRow }> {
  let left = skip;
  if (earlier)
    for await (const line of datasetLines(earlier))
      if (left > 0) left -= 1;
      else yield { line, row: JSON.parse(line) as TrainingRow };
  for await (const row of fresh)
    if (left > 0) left -= 1;
    else yield { line: JSON.stringify(row), row };
}

/** Counts rows and joins their lines into pieces that are worth a write. */
async function* pieces(
  lines: AsyncIterable<{ line: string; row: TrainingRow }>,
  counting: ReturnType<typeof createCardCounts>,
): AsyncGenerator<string> {
  let piece: string[] = [];
  for await (const { line, row } of lines) {
    counting.add(row);
    piece.push(line, '\n');
    if (piece.length < 2 * PAGE) continue;
    yield piece.join('');
    piece = [];
  }
  yield piece.join('');
}
