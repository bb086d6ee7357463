import { readFile } from 'node:fs/promises';
import { poolNameOf } from '../../config/prompt-source';
import { traceRead } from '../../lineage/trace';
import { userText } from '../../prompts/prompt';
import { cardFiles, type DatasetCard } from '../../selection/card';
import { indexRows, type RowIndex } from '../../selection/row-index';
import type { TrainingRow } from '../../selection/rows';
import { datasetsOf, loadDataset, type Dataset } from '../../store/artifacts';
import { namesOf as storedNames } from '../../store/lineage';
import { droppedPage, poolCounts } from '../../store/prompt-pool';
import { namesOf } from '../../report/counts';
import type { DashboardDeps } from '../deps';
import { NotThere } from '../route';
import type { DataRows, DatasetDetail, Datasets, Dropped, Pools, RowTrace } from '../schemas/data';
import { storedRun } from './of-run';
import { textOf } from './text';

/** Characters of each answer in a list of rows. */
const LISTED = 600;
const POOLS_MS = 5000;

export async function readDatasets(deps: DashboardDeps, run: string): Promise<Datasets> {
  const { config } = await storedRun(deps, run);
  const sources = new Set(config.prompts.source.map(poolNameOf).filter((name) => name !== null));
  const [datasets, pools] = await Promise.all([
    datasetsOf(deps.pool, run),
    sources.size > 0 ? poolsSoon(deps) : { state: 'ready' as const, value: [] },
  ]);
  return {
    datasets: datasets.map(shownDataset),
    pools:
      pools.state === 'ready' ? { state: 'ready', value: pools.value.filter(({ pool }) => sources.has(pool)) } : pools,
  };
}

function shownDataset(dataset: Dataset): Datasets['datasets'][number] {
  const { id, kind, round, stage, attempt, rows, sha256, path, settings, counts, createdAt, superseded } = dataset;
  const threshold = (settings as { threshold?: unknown } | null)?.threshold;
  return {
    ...{ id, kind, round, stage, attempt, rows, sha256, path, superseded },
    newRows: counts['newRows'] ?? null,
    threshold: typeof threshold === 'number' ? threshold : null,
    createdAt: createdAt.toISOString(),
  };
}

async function datasetOf({ pool }: DashboardDeps, id: string): Promise<Dataset> {
  const dataset = await loadDataset(pool, id);
  if (dataset) return dataset;
  throw new NotThere(`There is no dataset ${id}.`);
}

export async function readDataset(deps: DashboardDeps, id: string): Promise<DatasetDetail> {
  const dataset = await datasetOf(deps, id);
  const cardFile = cardFiles(dataset.path).json;
  await deps.artifacts.fetchIfThere(cardFile).catch(() => undefined);
  const card = await readFile(cardFile, 'utf8').then(
    (text) => JSON.parse(text) as DatasetCard,
    () => null,
  );
  const names = card && (await namesFor(deps, dataset.run, Object.keys(card.chosen)));
  return {
    dataset: shownDataset(dataset),
    settings: dataset.settings,
    counts: dataset.counts,
    card: card && {
      chosen: Object.entries(card.chosen)
        .map(([player, rows]) => ({ player: names?.(player) ?? player, rows }))
        .sort((x, y) => y.rows - x.rows),
      meanTokens: card.meanTokens,
      lengthEffect: card.lengthEffect,
    },
    profile: await deps.soon.get(`profile ${dataset.sha256} ${id}`, async () => {
      await deps.artifacts.fetch(dataset.path, dataset.sha256);
      return deps.heavy.ask('dataset', { id });
    }),
  };
}

/** Players as the run calls them, else as they are stored. */
async function namesFor(deps: DashboardDeps, run: string, ids: readonly string[]): Promise<(id: string) => string> {
  const [own, stored] = [await namesOf(deps.pool, await storedRun(deps, run)), await storedNames(deps.pool, ids)];
  return (id) => own.get(id) ?? stored(id);
}

function rowsOf({ soon, artifacts }: DashboardDeps, dataset: Dataset): Promise<RowIndex> {
  return soon.whole(`row index ${dataset.sha256} ${dataset.path}`, async () => {
    await artifacts.fetch(dataset.path, dataset.sha256);
    return indexRows(dataset);
  });
}

/** A page of rows, each answer cut. */
export async function readDataRows(
  deps: DashboardDeps,
  id: string,
  { from, limit }: { from: number; limit: number },
): Promise<DataRows> {
  const dataset = await datasetOf(deps, id);
  const index = await rowsOf(deps, dataset);
  const rows = await index.read(from, limit);
  const players = rows.flatMap(({ meta }) => [meta.chosen, meta.rejected]).filter((one) => one !== undefined);
  const name = await namesFor(deps, dataset.run, players);
  const side = (player: string | undefined, text: string | null) =>
    text === null ? null : { player: player === undefined ? null : name(player), text: textOf(text, LISTED) };
  return {
    rows: rows.map((row, at) => ({
      row: from + at,
      round: row.meta.round,
      gap: row.meta.gap ?? null,
      asked: userText({ messages: row.prompt }).slice(0, LISTED).toWellFormed(),
      chosen: side(row.meta.chosen, chosenText(row)),
      rejected: side(row.meta.rejected, 'rejected' in row ? spoken(row.rejected) : null),
      battles: row.meta.battles,
    })),
    from,
    total: index.rows,
  };
}

const spoken = (messages: readonly { content: string }[]) => messages.map(({ content }) => content).join('\n');

const chosenText = (row: TrainingRow): string | null =>
  'completion' in row ? spoken(row.completion) : 'chosen' in row ? spoken(row.chosen) : null;

/** One row with its battles, judge texts, prompt and source. */
export async function readDataRow(deps: DashboardDeps, id: string, number: number): Promise<RowTrace> {
  const dataset = await datasetOf(deps, id);
  const index = await rowsOf(deps, dataset);
  const [row] = await index.read(number, 1);
  if (!row) throw new NotThere(`${id} has ${index.rows} rows; there is no row ${number}.`);
  const trace = await traceRead(deps.pool, dataset, number, row);
  const { prompt } = trace;
  const chosen = chosenText(row);
  return {
    ...{ dataset: id, row: number, kind: trace.kind, madeIn: trace.madeIn, gap: trace.gap, total: index.rows },
    chosen: trace.chosen,
    rejected: trace.rejected,
    prompt: {
      ...{ id: prompt.id, category: prompt.category, source: prompt.source, originalId: prompt.originalId },
      parts: prompt.parts.map(({ part, position }) => `${part}, position ${position + 1}`),
      turns: prompt.messages.map(({ role, content }) => ({ role, text: textOf(content) })),
    },
    texts: [
      ...(chosen === null ? [] : [{ role: 'chosen' as const, text: textOf(chosen) }]),
      ...('rejected' in row ? [{ role: 'rejected' as const, text: textOf(spoken(row.rejected)) }] : []),
    ],
    answers: trace.answers.map(({ text, ...answer }) => ({ ...answer, text: textOf(text) })),
    battles: trace.battles.map(({ battle, games, ...rest }) => ({
      id: battle,
      ...rest,
      games: games.map((game) => ({ ...game, text: textOf(game.text) })),
    })),
  };
}

/** What a row trains on or against, whole. @throws NotThere */
export async function readRowText(
  deps: DashboardDeps,
  { id, row: number, role }: { id: string; row: number; role: 'chosen' | 'rejected' },
): Promise<string> {
  const index = await rowsOf(deps, await datasetOf(deps, id));
  const [row] = await index.read(number, 1);
  const text = row && (role === 'chosen' ? chosenText(row) : 'rejected' in row ? spoken(row.rejected) : null);
  if (typeof text === 'string') return text;
  throw new NotThere(`The row ${number} of ${id} has no ${role} answer, or is not there.`);
}

export async function readPools(deps: DashboardDeps): Promise<Pools> {
  return { pools: await poolsSoon(deps) };
}

function poolsSoon({ pool, soon }: DashboardDeps): Promise<Pools['pools']> {
  return soon.get('pools', () => poolCounts(pool), POOLS_MS);
}

const PLACE = /^(\d+):(\d+)$/;

export async function readDropped(
  { pool }: DashboardDeps,
  name: string,
  { reason, after, limit }: { reason?: string | undefined; after?: string | undefined; limit: number },
): Promise<Dropped> {
  const [, file, line] = PLACE.exec(after ?? '') ?? [];
  const found = await droppedPage(pool, name, {
    reason: reason ?? null,
    after: file === undefined ? null : { file: Number(file), line: Number(line) },
    limit: limit + 1,
  });
  const last = found.length > limit ? found[limit - 1] : undefined;
  return {
    dropped: found.slice(0, limit).map((one) => ({
      ...{ prompt: one.prompt, file: one.fileName, line: one.line, reason: one.reason, similarity: one.similarity },
      text: userText(one).slice(0, LISTED).toWellFormed(),
      kept: one.kept && userText({ messages: one.kept }).slice(0, LISTED).toWellFormed(),
    })),
    next: last ? `${last.file}:${last.line}` : null,
  };
}
