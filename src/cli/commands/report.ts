import { join } from 'node:path';
import type { Command } from 'commander';
import type { Pool } from 'pg';
import { UserError } from '../../errors';
import type { Report } from '../../report/document';
import { efficiencyFinding } from '../../report/efficiency';
import { outcomeFinding, ratingFinding, spendFinding } from '../../report/findings';
import { readReport } from '../../report/read';
import { writeReport } from '../../report/write';
import { shellWord } from '../../shell-word';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { findRun } from '../find-run';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson } from '../output';

export function reportCommand(): Command {
  return describedCommand(
    'report',
    "Write a run's ratings, win rates, outcomes, judges and costs as report.md with charts, report.html (one file, no script) and report.json.",
    'report my-arena',
    'report my-arena --out site/arena',
  )
    .argument('[run]', 'the id of a run or an arena (default: the newest)')
    .option('--out <folder>', 'where to write (default: report-RUN in this folder)')
    .option(...JSON_OPTION)
    .action(report);
}

async function report(id: string | undefined, { out, json = false }: { out?: string; json?: boolean }): Promise<void> {
  const document = await withDatabase(findDatabase(), (pool) => readOrFail(pool, id));
  const files = await writeReport(document, out ?? defaultFolder(document.run));
  if (json) {
    sayJson({ run: document.run, files, report: document });
    return;
  }
  const { table, pairs, spend, efficiency } = document;
  const findings = [
    ratingFinding(table.models),
    outcomeFinding(pairs),
    spendFinding(spend),
    efficiencyFinding(efficiency),
  ];
  say(
    findings
      .filter((line) => line !== '')
      .map((line) => `${line}.`)
      .join('\n'),
  );
  say(`\n${files.join('\n')}`);
}

async function readOrFail(pool: Pool, id: string | undefined): Promise<Report> {
  const run = await findRun(pool, id);
  const document = await readReport(pool, run);
  if (document) return document;
  throw new CommandFailure(
    `The run ${run.id} has no leaderboard yet: the first comes with round 0. Where it stands: npx flywheel status ${shellWord(run.id)}`,
  );
}

/** A run's id is free text, which may be no name of a folder. */
function defaultFolder(run: string): string {
  if (/^[\w-][\w.-]*$/.test(run)) return join(process.cwd(), `report-${run}`);
  throw new UserError(
    `The run's id ${JSON.stringify(run)} is no name for a folder. Say where to write the report: --out FOLDER`,
  );
}
