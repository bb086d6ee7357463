import type { Command } from 'commander';
import { reparseRun, type Changes, type Reparsed } from '../../judge/reparse';
import { saveEvent } from '../../store/events';
import { loadRun } from '../../store/runs';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';

export function judgeReparseCommand(): Command {
  return describedCommand(
    'reparse',
    "Read all stored judges' texts of a run again with the current parser, without a call, and write the verdicts that changed with the battles that rest on them.",
    'judge reparse my-run --dry-run',
    'judge reparse my-run --json',
  )
    .argument('<run>', "a run's id")
    .option('--dry-run', 'only count what would change')
    .option(...JSON_OPTION)
    .action(reparse);
}

async function reparse(run: string, { dryRun = false, json = false }: { dryRun?: boolean; json?: boolean }) {
  const reparsed = await withDatabase(findDatabase(), async (pool) => {
    if (!(await loadRun(pool, run)))
      throw new CommandFailure(`There is no run ${run}. List the runs: npx flywheel status`);
    const result = await reparseRun(pool, run, { dryRun });
    if (!dryRun && total(result.games) + total(result.outcomes) > 0)
      for (const concerned of new Set([run, ...result.runs.map((one) => one.run)]))
        await saveEvent(pool, {
          run: concerned,
          kind: 'reparsed',
          sentence: sentenceFor(concerned, run, result),
          detail: result,
        });
    return result;
  });
  if (json) {
    sayJson({ run, dryRun, ...reparsed });
    return;
  }
  const { battles, games, outcomes } = reparsed;
  const would = dryRun ? 'would change' : 'changed';
  say(
    `${run}: read the games of ${battles} battles again; ${total(games)} games and ${total(outcomes)} battles ${would}.`,
  );
  showChanges('games', games);
  showChanges('battles', outcomes);
  if (!dryRun && total(outcomes) > 0)
    say('\nLeaderboards stay as they were published; the next evaluation of the run is fitted on what stands now.');
}

function showChanges(name: string, changes: readonly Changes<string>[]): void {
  if (changes.length === 0) return;
  const rows = changes.map(({ from, to, count }) => [from, from === to ? `${to} (other scores)` : to, String(count)]);
  say(`\n${table(['from', 'to', { name, numbers: true }], rows)}`);
}

function sentenceFor(concerned: string, run: string, { games, runs }: Reparsed): string {
  const battles = runs.find((one) => one.run === concerned)?.battles ?? 0;
  const cause = concerned === run ? `The judges' texts were read again` : `The judges' texts of ${run} were read again`;
  return `${cause}: ${total(games)} games changed, and with them ${battles} battles of this run.`;
}

function total(changes: readonly Changes<string>[]): number {
  return changes.reduce((sum, { count }) => sum + count, 0);
}
