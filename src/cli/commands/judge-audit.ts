import type { Command } from 'commander';
import type { SkippedRecords } from '../../arena/read/published';
import { UserError } from '../../errors';
import { audit } from '../../judge/audit/audit';
import { requireCommon } from '../../judge/audit/common';
import type { Judgement } from '../../judge/audit/judgement';
import { judgementsOf, placeVotes } from '../../judge/audit/of-run';
import { readJudgements } from '../../judge/audit/read';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { namesOf } from '../../report/counts';
import { judgedBattles } from '../../store/audit';
import { loadPrompts } from '../../store/prompts';
import { auditTable } from '../audit-view';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { findRun } from '../find-run';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson } from '../output';

/** What is compared, and what of it was left out. */
interface Compared {
  judge: { name: string; judgements: readonly Judgement[]; skipped: SkippedRecords[] };
  human: { name: string; judgements: readonly Judgement[]; skipped: SkippedRecords[]; elsewhere: number };
}

export function judgeAuditCommand(): Command {
  return describedCommand(
    'audit',
    "A judge's verdicts beside human votes on the same answers: agreement, position and length bias, with 95% intervals by question. Files are in the forms that flywheel rate reads, with the question of each battle.",
    'judge audit --human human.jsonl --judge gpt-4_pair.jsonl',
    'judge audit my-run --human votes.csv',
    'judge audit my-run --human votes.csv --judge data --json',
  )
    .argument('[run]', "audit a run's own judge: the run's id")
    .requiredOption('--human <file>', 'human votes; - for stdin')
    .option('--judge <file>', "the judge's verdicts; with a run which of its judges: evaluation (the default) or data")
    .option(...JSON_OPTION)
    .action(auditJudge);
}

async function auditJudge(
  run: string | undefined,
  { human: file, judge: which, json = false }: { human: string; judge?: string; json?: boolean },
): Promise<void> {
  const { human, judge } = run === undefined ? await fromFiles(file, which) : await fromRun(run, file, which);
  requireCommon(human, judge);
  const result = audit(human.judgements, judge.judgements);
  if (json) {
    sayJson({
      judge: { name: judge.name, judgements: judge.judgements.length, skipped: judge.skipped },
      human: { name: human.name, votes: human.judgements.length, skipped: human.skipped, elsewhere: human.elsewhere },
      ...result,
    });
    return;
  }
  say(
    `${judge.name} (${judge.judgements.length} judgements) beside ${human.name} (${human.judgements.length} votes)\n`,
  );
  say(auditTable(result));
  for (const { name, skipped } of [judge, human])
    for (const { reason, count, firstLine } of skipped)
      note(`${name}: ${count} records left out: ${reason} (the first in line ${firstLine}).`);
  if (human.elsewhere > 0)
    note(
      `${human.name}: ${human.elsewhere} votes left out: on no prompt, or not on the turn, that the run's judge saw.`,
    );
}

async function fromFiles(human: string, judge: string | undefined): Promise<Compared> {
  if (judge === undefined)
    throw new UserError("Give the judge's verdicts with --judge FILE, or name a run to audit its own judge.");
  return {
    human: { name: human, elsewhere: 0, ...(await readJudgements(human)) },
    judge: { name: judge, ...(await readJudgements(judge)) },
  };
}

async function fromRun(id: string, file: string, which = 'evaluation'): Promise<Compared> {
  if (which !== 'evaluation' && which !== 'data')
    throw new UserError(`A run's judge is evaluation or data, not ${which}; without a run --judge is a file.`);
  const human = await readJudgements(file);
  return withDatabase(findDatabase(), async (pool) => {
    const run = await findRun(pool, id);
    const party = judgeParty(which === 'data' ? run.config.judge : evaluationJudge(run.config));
    const battles = await judgedBattles(pool, run.id, party.id);
    if (battles.length === 0)
      throw new CommandFailure(`The ${which} judge of ${id} (${party.name}) has judged nothing.`);
    const prompts = await loadPrompts(pool, [...new Set(battles.map(({ prompt }) => prompt))]);
    const { votes, elsewhere } = placeVotes(human.judgements, prompts.values());
    if (votes.length === 0)
      throw new UserError(
        `None of the ${human.judgements.length} votes in ${file} is on a prompt that ${party.name} judged in ${id}. Votes name prompts by question_id or prompt_id, as the prompts' source did, or hold their text.`,
      );
    return {
      human: { name: file, judgements: votes, skipped: human.skipped, elsewhere },
      judge: {
        name: `${party.name} in ${id}`,
        judgements: judgementsOf(battles, await namesOf(pool, run)),
        skipped: [],
      },
    };
  });
}
