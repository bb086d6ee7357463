import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UserError } from '../../errors';
import { CONTAMINATION_DEFAULTS, nearRule } from '../../prompts/decontaminate/contamination';
import { decontaminatePool } from '../../prompts/decontaminate/decontaminate-pool';
import { contaminationMarkdown } from '../../prompts/decontaminate/markdown';
import type { ContaminationReport } from '../../prompts/decontaminate/report';
import { createEmbedder } from '../../prompts/embed/create';
import { readWholeSources } from '../../prompts/sources';
import { findDatabase, withDatabase } from '../connect';
import { embeddingOf, withEmbedding, type EmbeddingOptions } from '../embedding-options';
import { excerpt } from '../excerpt';
import { describedCommand, JSON_OPTION, share, wholeNumber } from '../options';
import { say, sayJson, table } from '../output';
import { showProgress } from '../progress';

interface Options extends EmbeddingOptions {
  pool: string;
  against: string[];
  nearest?: number;
  similarity?: number;
  ngram: number;
  maxShare: number;
  report?: string;
  json?: boolean;
}

/** Pairs that the terminal shows; the report has all. */
const SHOWN = 10;

export function decontaminateCommand(): Command {
  const { nearest, similarity, ngram, maxShare } = CONTAMINATION_DEFAULTS;
  const command = describedCommand(
    'decontaminate',
    'Drop prompts that are too near to test sets or benchmarks, by embedding and by shared words; clean first. Nothing is deleted, and another call starts anew.',
    'prompts decontaminate --pool chats --against mt-bench.jsonl arena-hard.jsonl --report contamination.md',
    'prompts decontaminate --pool chats --against pool:tests --embeddings http://localhost:8000/v1 --embeddings-model bge-m3',
  )
    .requiredOption('--pool <name>', 'the pool')
    .requiredOption('--against <files...>', 'test sets and benchmarks: files, or pool:NAME')
    .option(
      '--nearest <n>',
      `drop so many of the nearest prompts to each test (the paper: ${nearest}; default with an embedding model)`,
      wholeNumber(1),
    )
    .option(
      '--similarity <cosine>',
      `drop what is at least so similar to a test (default without an embedding model: ${similarity})`,
      share,
    )
    .option('--ngram <words>', 'drop what shares so many words in a row with a test; 0: keep', wholeNumber(), ngram)
    .option('--max-share <share>', '--nearest stops where it would drop more of the pool', share, maxShare)
    .option('--report <file>', 'write all pairs as Markdown');
  return withEmbedding(command)
    .option(...JSON_OPTION)
    .action(decontaminate);
}

async function decontaminate({ pool, against, report: file, json = false, ...options }: Options): Promise<void> {
  const embedding = embeddingOf(options);
  if (options.nearest !== undefined && options.similarity !== undefined)
    throw new UserError('--nearest and --similarity are two rules: give one of them.');
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), async (db) => {
    const { prompts: tests } = await readWholeSources(db, against, 'all');
    const embedder = await createEmbedder(db, embedding);
    return decontaminatePool(db, pool, tests, {
      ...{ embedder, rule: nearRule(options, embedder), ngram: options.ngram, maxShare: options.maxShare },
      onProgress: (rows) => progress.show(`${pool}: ${rows} rows`),
    });
  }).finally(() => progress.end());
  if (file !== undefined) await writeFile(file, contaminationMarkdown(`the pool ${pool}`, report));
  if (json) sayJson({ pool, ...report });
  else sayReport(pool, report, file);
}

function sayReport(
  pool: string,
  { rows, dropped, tests, embedder, lexical, pairs }: ContaminationReport,
  file?: string,
) {
  say(`${pool}: ${rows} rows against ${tests} tests by ${embedder}, ${dropped} dropped`);
  if (lexical) say('This embedding knows words, not meaning: reworded tests stay unseen. Give --embeddings for those.');
  if (file !== undefined) say(`All pairs: ${file}`);
  if (pairs.length === 0) return;
  say(
    table(
      [{ name: 'similarity', numbers: true }, 'dropped', 'test', 'shared words'],
      pairs
        .slice(0, SHOWN)
        .map(({ similarity, prompt, test, shared }) => [
          similarity.toFixed(2),
          `${prompt.file}:${prompt.line}\n${excerpt(prompt.text)}`,
          `${test.source}\n${excerpt(test.text)}`,
          excerpt(shared ?? ''),
        ]),
    ),
  );
}
