import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load';
import { dealPrompts } from '../../prompts/deal';
import { contaminationMarkdown } from '../../prompts/decontaminate/markdown';
import { findDatabase, withDatabase } from '../connect';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson, table } from '../output';

interface Options {
  report?: string;
  json?: boolean;
}

export function splitCommand(): Command {
  return describedCommand(
    'split',
    "Deal a configuration's prompts into test set, gates and slices as its run will, and freeze that: the run then uses this split. No prompt is in two of its parts.",
    'prompts split my-run.yaml',
    'prompts split my-run.yaml --report contamination.md',
  )
    .argument('<config>', 'the configuration of the run')
    .option('--report <file>', 'with prompts.decontaminate: write the pairs of prompts and tests as Markdown')
    .option(...JSON_OPTION)
    .action(split);
}

async function split(file: string, { report: path, json = false }: Options): Promise<void> {
  const config = await loadConfig(file);
  const dealt = await withDatabase(findDatabase(), (db) => dealPrompts(db, config));
  const { decontaminated, clusters, parts } = dealt.report;
  if (path !== undefined) {
    if (dealt.contamination)
      await writeFile(path, contaminationMarkdown(`the prompts of ${config.name}`, dealt.contamination));
    else note('Nothing was compared with tests (prompts.decontaminate): there is no report.');
  }
  if (json) {
    sayJson({ split: dealt.split, ...dealt.report });
    return;
  }
  say(`split ${dealt.split}`);
  if (decontaminated) {
    const { rows, dropped, tests, embedder, lexical } = decontaminated;
    say(`${dropped} of ${rows} prompts left out: too near to one of ${tests} tests by ${embedder}`);
    if (lexical) say('This embedding knows words, not meaning: reworded tests stay unseen. Set prompts.embedding.');
  }
  if (clusters) say(`each part has its share of ${clusters.length} groups of prompts`);
  say(
    table(
      ['part', { name: 'prompts', numbers: true }],
      Object.entries(parts).map(([part, prompts]) => [part, String(prompts)]),
    ),
  );
}
