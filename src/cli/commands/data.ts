import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { createArtifacts } from '../../artifacts/artifacts';
import { publishRun } from '../../artifacts/publish-run';
import { homePaths } from '../../embedded/paths';
import { UserError } from '../../errors';
import { tracePromptIn, traceRow } from '../../lineage/trace';
import { datasetRows, namedDataset } from '../../selection/read-dataset';
import type { TrainingRow } from '../../selection/rows';
import { datasetsOf } from '../../store/artifacts';
import { namesOf } from '../../store/lineage';
import { findDatabase, withDatabase } from '../connect';
import { dialogue, promptTraceText, rowTraceText } from '../lineage-view';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { note, say, sayJson, table } from '../output';
import { sideBySide } from '../side-by-side';

/** `demo/r1-sft-a1/sft#3`: a row of a dataset, from 1. */
const ROW = /^(.+)#([1-9]\d*)$/;

const width = () => process.stdout.columns ?? 120;

export function dataCommand(): Command {
  const list = describedCommand('list', "List a run's datasets.", 'data list my-run')
    .argument('<run>', "a run's id")
    .option(...JSON_OPTION)
    .action(listDatasets);
  const show = describedCommand(
    'show',
    'Page through the rows of a dataset, the chosen and the rejected answer side by side.',
    'data show my-run/r1-dpo-a1/dpo',
    'data show my-run/r1-dpo-a1/dpo --from 10 --rows 5',
  )
    .argument('<dataset>', "a dataset's id, as `data list` names it")
    .option('--from <row>', 'the first row to show', wholeNumber(1), 1)
    .option('--rows <n>', 'how many; on a terminal they come one by one', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(showRows);
  const trace = describedCommand(
    'trace',
    'Follow a training row back to its battles, games, judge texts and source, or a prompt to every row that it became.',
    'data trace my-run/r1-sft-a1/sft#3',
    'data trace 5d41402abc4b --run my-run',
  )
    .argument('<what>', 'DATASET#ROW, or the id of a prompt (its beginning will do)')
    .option('--run <run>', 'for a prompt: the run whose battles and rows are wanted')
    .option(...JSON_OPTION)
    .action(traceIt);
  const publish = describedCommand(
    'publish',
    "Copy a run's datasets, checkpoints and jobs from this host's folder to the bucket of FLYWHEEL_ARTIFACTS_S3; for a run that began without one.",
    'data publish my-run',
  )
    .argument('<run>', "a run's id")
    .option(...JSON_OPTION)
    .action(publishIt);
  return describedCommand('data', 'Look into the training data.', 'data list my-run')
    .addCommand(list)
    .addCommand(show)
    .addCommand(trace)
    .addCommand(publish);
}

async function listDatasets(run: string, { json = false }: { json?: boolean }): Promise<void> {
  const datasets = await withDatabase(findDatabase(), (pool) => datasetsOf(pool, run));
  if (json) sayJson({ run, datasets });
  else if (datasets.length === 0) say(`The run ${run} has no dataset here.`);
  else
    say(
      table(
        ['dataset', 'kind', { name: 'rows', numbers: true }, { name: 'new', numbers: true }, 'rolled back', 'file'],
        datasets.map(({ id, kind, rows, counts, path, superseded }) => [
          id,
          kind,
          String(rows),
          String(counts['newRows'] ?? ''),
          superseded ? 'yes' : '',
          path,
        ]),
      ),
    );
}

async function publishIt(run: string, { json = false }: { json?: boolean }): Promise<void> {
  const paths = homePaths();
  if (paths.artifactsS3 === null)
    throw new UserError('FLYWHEEL_ARTIFACTS_S3 names no bucket: set it to s3://BUCKET/PREFIX (docs/workers.md).');
  const artifacts = createArtifacts(paths);
  await artifacts.id();
  const { published, missing } = await withDatabase(findDatabase(), (pool) => publishRun(pool, run, artifacts));
  if (json) return sayJson({ run, published, missing });
  say(`${published.length} artifacts of ${run} are in ${paths.artifactsS3}.`);
  if (missing.length > 0) note(`Not on this host: ${missing.join(', ')}.`);
}

async function traceIt(what: string, { run, json = false }: { run?: string; json?: boolean }): Promise<void> {
  const [, dataset, row] = ROW.exec(what) ?? [];
  await withDatabase(findDatabase(), async (pool) => {
    if (dataset !== undefined) {
      const trace = await traceRow(pool, dataset, Number(row), createArtifacts(homePaths()));
      if (json) sayJson(trace);
      else say(rowTraceText(trace, width()));
      return;
    }
    if (run === undefined)
      throw new UserError(
        'A prompt is followed through one run: give it with --run RUN. A row is written DATASET#ROW.',
      );
    const trace = await tracePromptIn(pool, run, what, createArtifacts(homePaths()));
    if (json) sayJson(trace);
    else say(promptTraceText(trace));
  });
}

async function showRows(
  id: string,
  { from, rows: limit, json = false }: { from: number; rows?: number; json?: boolean },
): Promise<void> {
  await withDatabase(findDatabase(), async (pool) => {
    const dataset = await namedDataset(pool, id);
    if (from > dataset.rows) throw new UserError(`${id} has ${dataset.rows} rows; there is no row ${from}.`);
    await createArtifacts(homePaths()).fetch(dataset.path, dataset.sha256);
    const interactive = !json && process.stdin.isTTY && process.stdout.isTTY;
    const most = limit ?? (interactive ? Infinity : 10);
    if (json) {
      const shown: TrainingRow[] = [];
      for await (const row of first(most, datasetRows(dataset, from))) shown.push(row);
      sayJson({ dataset: id, rows: dataset.rows, from, shown });
      return;
    }
    async function* texts(rows: AsyncIterable<TrainingRow>): AsyncGenerator<string> {
      let at = from;
      for await (const row of rows) {
        const name = await namesOf(pool, [row.meta.chosen ?? '', row.meta.rejected ?? '']);
        yield rowText(row, `${id}#${at++} of ${dataset?.rows}`, name);
      }
    }
    const shown = texts(first(most, datasetRows(dataset, from)));
    if (interactive) await page(shown);
    else for await (const text of shown) say(`${text}\n`);
  });
}

async function* first(most: number, rows: AsyncIterable<TrainingRow>): AsyncGenerator<TrainingRow> {
  let count = 0;
  for await (const row of rows) {
    yield row;
    if (++count >= most) return;
  }
}

function rowText(row: TrainingRow, title: string, name: (id: string) => string): string {
  const { meta } = row;
  const spoken = (messages: readonly { content: string }[]) => messages.map(({ content }) => content).join('\n');
  const columns =
    'completion' in row
      ? [{ title: `chosen: ${name(meta.chosen ?? 'given')}`, text: spoken(row.completion) }]
      : 'chosen' in row
        ? [
            { title: `chosen: ${name(meta.chosen ?? 'given')}`, text: spoken(row.chosen) },
            { title: `rejected: ${name(meta.rejected ?? 'given')}`, text: spoken(row.rejected) },
          ]
        : [];
  const gap = meta.gap === undefined ? '' : `, gap ${meta.gap.toFixed(2)}`;
  return [
    `${title}, round ${meta.round}${gap}`,
    dialogue(row.prompt),
    ...(columns.length > 0 ? [sideBySide(columns, width())] : []),
  ].join('\n');
}

/** One text at a time: Enter goes on, b goes back, q ends. */
async function page(texts: AsyncGenerator<string>): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const seen: string[] = [];
  try {
    for (let at = 0; ;) {
      if (at === seen.length) {
        const next = await texts.next();
        if (next.done === true) break;
        seen.push(next.value);
      }
      say(seen[at] ?? '');
      const typed = await new Promise<string>((resolve) => {
        lines.once('close', () => resolve('q'));
        lines.question('Enter: next, b: back, q: end ', (text) => resolve(text.trim().toLowerCase()));
      });
      if (typed === 'q') return;
      at = typed === 'b' ? Math.max(0, at - 1) : at + 1;
    }
    note('That was the last row.');
  } finally {
    lines.close();
    await texts.return(undefined);
  }
}
