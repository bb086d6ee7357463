import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { UserError } from '../../errors';
import { audit } from '../../judge/audit/audit';
import { judgementsOf, placeVotes } from '../../judge/audit/of-run';
import { readJudgements } from '../../judge/audit/read';
import { evaluationJudge, judgeParty } from '../../models/roster';
import { namesOf } from '../../report/counts';
import type { JudgeRole } from '../../report/document';
import { judgedBattles } from '../../store/audit';
import { loadPrompts } from '../../store/prompts';
import type { Run } from '../../store/runs';
import type { Audit } from '../schemas/judges';

/** A run's judge beside human votes, which come as the text of a file in a form that `flywheel judge audit` reads. */
export async function auditVotes(pool: Pool, run: Run, role: JudgeRole, votes: string): Promise<Audit> {
  const human = await judgementsIn(votes);
  const party = judgeParty(role === 'data' ? run.config.judge : evaluationJudge(run.config));
  const battles = await judgedBattles(pool, run.id, party.id);
  const prompts = await loadPrompts(pool, [...new Set(battles.map(({ prompt }) => prompt))]);
  const placed = placeVotes(human.judgements, prompts.values());
  if (placed.votes.length === 0)
    throw new UserError(
      `None of the ${human.judgements.length} votes is on a prompt that ${party.name} judged in ${run.id}. Votes name prompts by question_id or prompt_id, as the prompts' source did, or hold their text.`,
    );
  const judgements = judgementsOf(battles, await namesOf(pool, run));
  const found = audit(placed.votes, judgements);
  return {
    judge: { name: party.name, judgements: judgements.length },
    human: { votes: placed.votes.length, elsewhere: placed.elsewhere, skipped: human.skipped },
    agreement: found.agreement,
    longerWins: { judge: found.length.longerWins, people: found.peopleLength.longerWins },
  };
}

/** The reader takes files of any size as streams; a vote file of a browser becomes one for a moment. */
async function judgementsIn(votes: string) {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-votes-'));
  try {
    const file = join(folder, 'votes');
    await writeFile(file, votes);
    return await readJudgements(file).catch((error: unknown) => {
      // The file's name is ours, and says nothing to whoever sent the votes.
      throw error instanceof Error ? new UserError(error.message.replaceAll(file, 'the votes')) : error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
