import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { createArtifacts } from '../../artifacts/artifacts';
import { homePaths } from '../../embedded/paths';
import { exportRows } from '../../selection/export/export';
import { EXPORT_FORMS, type ExportForm } from '../../selection/export/forms';
import { datasetRows, namedDataset } from '../../selection/read-dataset';
import { findDatabase, withDatabase } from '../connect';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson } from '../output';

export function exportCommand(): Command {
  return describedCommand(
    'export',
    'Write a dataset in the form that another trainer reads.',
    'export my-run/r1-sft-a1/sft --form llama-factory --out data/sft.jsonl',
    'export my-run/r1-dpo-a1/dpo --form parquet --out dpo.parquet',
  )
    .argument('<dataset>', "a dataset's id, as `data list` names it")
    .addOption(new Option('--form <form>', 'who reads it').choices(EXPORT_FORMS).default('trl'))
    .requiredOption('--out <file>', "the file to write; LLaMA-Factory's dataset_info.json is put beside it")
    .option(...JSON_OPTION)
    .action(exportDataset);
}

async function exportDataset(
  id: string,
  { form, out, json = false }: { form: ExportForm; out: string; json?: boolean },
): Promise<void> {
  const dataset = await withDatabase(findDatabase(), (pool) => namedDataset(pool, id));
  await createArtifacts(homePaths()).fetch(dataset.path, dataset.sha256);
  const exported = await exportRows(datasetRows(dataset), form, resolve(out));
  if (json) sayJson({ dataset: id, form, ...exported });
  else say(`${exported.rows} rows of ${id} as ${form} in ${exported.files.join(' and ')}.`);
}
