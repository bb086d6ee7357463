import type { Pool } from 'pg';
import type { StyleTable } from '../../arena/style';
import type { RatingTable } from '../../arena/types';
import { UserError } from '../../errors';
import type { JudgeRole } from '../../report/document';
import { gamesBehind, refitted, styled } from '../../report/refit';
import { loadDataset } from '../../store/artifacts';
import { loadRun, type Run } from '../../store/runs';
import type { Audit } from '../schemas/judges';
import { auditVotes } from './audit-votes';
import { datasetProfile, type DatasetProfile } from './dataset-profile';
import { judgeProfile, type JudgeProfile } from './judge-profile';
import { rowsOfBattle, type MadeRow } from './rows-of-battle';

/** What takes seconds on a large run, by its name: what is asked, and what is answered. Both pass between threads as plain data. */
export interface Questions {
  /** Ratings fitted anew: by one category of prompts, or at equal style. */
  board: {
    ask: {
      run: string;
      label: string;
      judge: JudgeRole;
      category: string | null;
      style: boolean;
      players: string[];
    };
    answer: { table: RatingTable | null; style: StyleTable | null };
  };
  dataset: { ask: { id: string }; answer: DatasetProfile };
  /** Training rows that a battle became. */
  rows: { ask: { run: string; battle: string }; answer: MadeRow[] };
  judge: { ask: { run: string; judge: JudgeRole }; answer: JudgeProfile };
  /** A judge beside human votes, the text of a file. */
  audit: { ask: { run: string; judge: JudgeRole; votes: string }; answer: Audit };
}

export type QuestionName = keyof Questions;
export type Question = { [Name in QuestionName]: { name: Name; ask: Questions[Name]['ask'] } }[QuestionName];

type Answers = {
  [Name in QuestionName]: (pool: Pool, ask: Questions[Name]['ask']) => Promise<Questions[Name]['answer']>;
};

const answers: Answers = {
  board: async (pool, { run: id, label, judge, category, style, players }) => {
    const run = await runOf(pool, id);
    const games = await gamesBehind(pool, run, { label, judge, category });
    return {
      table: category === null ? null : refitted(games, players),
      style: style ? await styled(pool, games) : null,
    };
  },
  dataset: async (pool, { id }) => {
    const dataset = await loadDataset(pool, id);
    if (!dataset) throw new UserError(`There is no dataset ${id}.`);
    return datasetProfile(pool, dataset);
  },
  rows: async (pool, { run, battle }) => rowsOfBattle(pool, run, battle),
  judge: async (pool, { run, judge }) => judgeProfile(pool, await runOf(pool, run), judge),
  audit: async (pool, { run, judge, votes }) => auditVotes(pool, await runOf(pool, run), judge, votes),
};

/** Answers one question; in whichever thread. */
export function answerQuestion(pool: Pool, { name, ask }: Question): Promise<unknown> {
  return (answers[name] as (pool: Pool, ask: unknown) => Promise<unknown>)(pool, ask);
}

async function runOf(pool: Pool, id: string): Promise<Run> {
  const run = await loadRun(pool, id);
  if (run) return run;
  throw new UserError(`There is no run ${id} in this database.`);
}
