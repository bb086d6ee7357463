import { Option, type Command } from 'commander';
import { InputError } from '../../arena/input-error';
import { UserError } from '../../errors';
import { CLEAN_DEFAULTS } from '../../prompts/clean/cleaner';
import { cleanPool } from '../../prompts/clean/clean-pool';
import type { DropCount } from '../../prompts/drops';
import { dropDuplicates } from '../../prompts/near-duplicates/drop-duplicates';
import { NEAR_DUPLICATE_DEFAULTS } from '../../prompts/near-duplicates/settings';
import { importIntoPool } from '../../prompts/import/import-pool';
import { findDatabase, withDatabase } from '../connect';
import { categoriesCommand } from './prompts-categories';
import { clustersCommand } from './prompts-clusters';
import { decontaminateCommand } from './prompts-decontaminate';
import { splitCommand } from './prompts-split';
import { testSetCommand } from './prompts-test-set';
import { excerpt } from '../excerpt';
import { describedCommand, JSON_OPTION, share, wholeNumber } from '../options';
import { say, sayJson, table } from '../output';
import { showProgress } from '../progress';

export function promptsCommand(): Command {
  return describedCommand('prompts', 'Make a pool of prompts from files.', 'prompts import chats.jsonl --pool chats')
    .addCommand(importCommand())
    .addCommand(cleanCommand())
    .addCommand(duplicatesCommand())
    .addCommand(decontaminateCommand())
    .addCommand(categoriesCommand())
    .addCommand(clustersCommand())
    .addCommand(testSetCommand())
    .addCommand(splitCommand());
}

function importCommand(): Command {
  return describedCommand(
    'import',
    'Add the prompts of files to a pool: Parquet, JSON, JSONL or CSV, plain, gzip or zstd; ShareGPT, OpenAI messages, Alpaca, prompts, turns. Goes on where it was stopped; repeats change nothing.',
    'prompts import sharegpt.json.gz --pool chats --licence cc-by-4.0',
  )
    .argument('<files...>', 'the files')
    .requiredOption('--pool <name>', "the pool's name; it is made when it is new")
    .option('--licence <tag>', 'licence of rows that name none')
    .option(...JSON_OPTION)
    .action(importFiles);
}

function cleanCommand(): Command {
  return describedCommand(
    'clean',
    'Drop what is too short, repeated, harmful, personal, broken or in another language; a row keeps its reason, and cleaning again starts anew.',
    'prompts clean --pool chats',
    'prompts clean --pool chats --personal mask --language any',
  )
    .requiredOption('--pool <name>', 'the pool')
    .option('--min-words <n>', 'words at least; 0: any', wholeNumber(), CLEAN_DEFAULTS.minWords)
    .option(
      '--opening-words <n>',
      'drop what begins with the same words; 0: keep',
      wholeNumber(),
      CLEAN_DEFAULTS.openingWords,
    )
    .option('--language <code>', 'the language to keep (ISO 639-1), or any', CLEAN_DEFAULTS.language ?? 'any')
    .addOption(
      new Option('--personal <action>', 'e-mail addresses, phones, cards, IP addresses, keys')
        .choices(['drop', 'mask', 'keep'] as const)
        .default(CLEAN_DEFAULTS.personal),
    )
    .option('--keep-harmful', 'do not look for toxic or illegal requests by the word list')
    .option('--keep-broken', 'do not look for broken text')
    .option('--moderation <url>', 'an OpenAI-compatible endpoint with /moderations, as far as /v1')
    .option('--moderation-model <name>', 'its model')
    .option('--moderation-key <variable>', 'the environment variable that holds its key')
    .option(...JSON_OPTION)
    .action(cleanIt);
}

function duplicatesCommand(): Command {
  const { permutations, shingle, jaccard } = NEAR_DUPLICATE_DEFAULTS;
  return describedCommand(
    'duplicates',
    'Drop near-duplicates of earlier prompts (MinHash, each pair verified exactly); clean first. Nothing is deleted, and another call starts anew.',
    'prompts duplicates --pool chats',
    'prompts duplicates --pool chats --jaccard 0.8',
  )
    .requiredOption('--pool <name>', 'the pool')
    .option(
      '--jaccard <share>',
      'from which similarity of their shingles two prompts are near-duplicates',
      share,
      jaccard,
    )
    .option('--shingle <n>', 'characters of a shingle', wholeNumber(1), shingle)
    .option('--permutations <n>', 'hash functions: more find more, and cost more', wholeNumber(1), permutations)
    .option(...JSON_OPTION)
    .action(duplicatesOf);
}

async function importFiles(
  files: string[],
  { pool, licence, json = false }: { pool: string; licence?: string; json?: boolean },
): Promise<void> {
  const progress = showProgress();
  const reports = await withDatabase(findDatabase(), (db) =>
    importIntoPool(db, pool, files, {
      licence,
      onProgress: ({ file, rows }) => progress.show(`${file}: ${rows} rows`),
    }),
  ).finally(() => progress.end());
  const sum = (count: 'rows' | 'added' | 'repeated' | 'withoutSystem') =>
    reports.reduce((total, report) => total + report[count], 0);
  if (json)
    sayJson({
      pool,
      ...{ rows: sum('rows'), added: sum('added'), repeated: sum('repeated'), withoutSystem: sum('withoutSystem') },
      files: reports,
    });
  else
    for (const { file, known, rows, added, repeated, withoutSystem, drops } of reports) {
      say(
        `${file}: ${rows} rows, ${added} new, ${repeated} repeated${known ? ' (imported before, nothing done)' : ''}`,
      );
      if (withoutSystem > 0) say(`  ${withoutSystem} without their system turn: players bring their own`);
      sayDrops(drops);
    }
  const empty = reports.find(({ added, repeated }) => added + repeated === 0);
  if (empty)
    throw new InputError('has no prompt in any row; give rows such as {"prompt": "…"} or {"messages": […]}', {
      file: empty.file,
    });
}

interface CleanOptions {
  pool: string;
  minWords: number;
  openingWords: number;
  language: string;
  personal: 'drop' | 'mask' | 'keep';
  keepHarmful?: boolean;
  keepBroken?: boolean;
  moderation?: string;
  moderationModel?: string;
  moderationKey?: string;
  json?: boolean;
}

async function cleanIt({ pool, language, json = false, ...options }: CleanOptions): Promise<void> {
  if (language !== 'any' && !/^[a-z]{2}$/.test(language))
    throw new UserError(`--language ${language} is no code of a language: give two letters such as en, or any.`);
  const settings = {
    ...{ minWords: options.minWords, openingWords: options.openingWords, personal: options.personal },
    ...{ harmful: options.keepHarmful !== true, broken: options.keepBroken !== true },
    language: language === 'any' ? null : language,
    moderation: moderationOf(options),
  };
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), (db) =>
    cleanPool(db, pool, settings, { onProgress: (rows) => progress.show(`${pool}: ${rows} rows`) }),
  ).finally(() => progress.end());
  if (json) {
    sayJson({ pool, ...report });
    return;
  }
  say(`${pool}: ${report.rows} rows, ${report.kept} kept, ${report.masked} of them masked`);
  sayDrops(report.steps.flatMap(({ reasons }) => reasons));
}

async function duplicatesOf({
  pool,
  json = false,
  ...settings
}: {
  pool: string;
  jaccard: number;
  shingle: number;
  permutations: number;
  json?: boolean;
}): Promise<void> {
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), (db) =>
    dropDuplicates(db, pool, settings, { onProgress: (rows) => progress.show(`${pool}: ${rows} rows`) }),
  ).finally(() => progress.end());
  if (json) {
    sayJson({ pool, ...report });
    return;
  }
  say(`${pool}: ${report.rows} rows, ${report.kept} kept, ${report.dropped} near-duplicates dropped`);
  if (report.doubtful.length === 0) return;
  say('The least similar ones; raise --jaccard if they should stay:');
  const shown = ({ file, line, messages }: (typeof report.doubtful)[number]['kept']) =>
    `${file}:${line}\n${excerpt(messages.at(-1)?.content ?? '')}`;
  say(
    table(
      [{ name: 'similarity', numbers: true }, 'dropped', 'kept'],
      report.doubtful.map(({ similarity, dropped, kept }) => [similarity.toFixed(2), shown(dropped), shown(kept)]),
    ),
  );
}

function moderationOf({
  moderation: url,
  moderationModel,
  moderationKey,
}: Pick<CleanOptions, 'moderation' | 'moderationModel' | 'moderationKey'>) {
  if (url === undefined) return null;
  const key = moderationKey === undefined ? null : process.env[moderationKey];
  if (key === undefined) throw new UserError(`--moderation-key: the environment has no variable ${moderationKey}.`);
  return { url, model: moderationModel ?? null, key };
}

function sayDrops(drops: readonly DropCount[]): void {
  if (drops.length === 0) return;
  say(
    table(
      ['dropped', { name: 'rows', numbers: true }, 'first'],
      drops.map(({ reason, count, first }) => [
        reason,
        String(count),
        first.map(({ file, line }) => `${file}:${line}`).join(', '),
      ]),
    ),
  );
}
