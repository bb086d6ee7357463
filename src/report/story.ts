import type { Pool } from 'pg';
import { stringify } from 'yaml';
import { stepsOf } from '../../workflows/progress';
import type { FlywheelState, Interval } from '../../workflows/types';
import { configSchema, type Config, type JudgeConfig } from '../config/schema';
import { judgeParty } from '../models/roster';
import { datasetsOf } from '../store/artifacts';
import { eventsOf } from '../store/events';
import type { Run } from '../store/runs';
import { programVersion } from '../version';

/** What was run, decided, trained on, and how it is done again. */
export interface Story {
  /** Facts in the order in which they are told: a name and a value. */
  facts: [name: string, value: string][];
  steps: {
    label: string;
    decision: string;
    gate: string | null;
    rating: Interval | null;
    battles: number;
    rows: number;
    seconds: number;
  }[];
  datasets: { id: string; kind: string; rows: number; newRows: number | null; sha256: string }[];
  /** ISO times. */
  events: { at: string; kind: string; sentence: string }[];
  /** The frozen configuration as YAML: keys stand in it by the name of their variable only. */
  configuration: string;
  /** The command that runs it. */
  command: string;
}

/** Reads the story of a run from the database. */
export async function readStory(pool: Pool, run: Run): Promise<Story> {
  const state = run.state as FlywheelState | null;
  const finished = state?.finished ?? [];
  const [datasets, events, parts] = await Promise.all([
    datasetsOf(pool, run.id),
    eventsOf(pool, run.id),
    partsOf(pool, run.split),
  ]);
  return {
    facts: factsOf(run, parts),
    steps: (state ? stepsOf(state) : []).map(({ label, decision, gate, rating }, index) => {
      const { battles = 0, rows = 0, seconds = 0 } = finished[index] ?? {};
      return { label, decision, gate, rating, battles, rows, seconds };
    }),
    datasets: datasets.map(({ id, kind, rows, counts, sha256 }) => ({
      ...{ id, kind, rows, sha256 },
      newRows: counts['newRows'] ?? null,
    })),
    events: events.map(({ at, kind, sentence }) => ({ at: at.toISOString(), kind, sentence })),
    configuration: stringify(inOrder(run.config), { lineWidth: 0 }),
    command: `npx flywheel ${run.config.target ? 'run' : 'arena run'} config.yaml --id ANOTHER`,
  };
}

/** A stored configuration in the schema's order, which the database does not keep; as it is where it is of another version. */
function inOrder(config: Config): unknown {
  const parsed = configSchema.safeParse(config);
  return parsed.success ? parsed.data : config;
}

/** Prompts in each part of the frozen split. */
async function partsOf(pool: Pool, split: string | null): Promise<{ part: string; prompts: number }[]> {
  const { rows } = await pool.query<{ part: string; prompts: number }>(
    'select part, count(*)::int as prompts from splits where split = $1 group by part order by part',
    [split],
  );
  return rows;
}

function factsOf(
  { config, configHash, status }: Run,
  parts: readonly { part: string; prompts: number }[],
): Story['facts'] {
  const { target, competitors, judge, evaluation, prompts, rounds, stages, seed } = config;
  return [
    ...(target ? [['model', target.base] as [string, string]] : []),
    ['competitors', competitors.map(competitorWords).join('; ')],
    [target ? 'judge of the data' : 'judge', judgeWords(judge)],
    ...(evaluation.judge ? [['judge of the ratings', judgeWords(evaluation.judge)] as [string, string]] : []),
    ['prompts', prompts.source.join(', ')],
    ['dealt as', parts.map(({ part, prompts: count }) => `${part} ${count}`).join(', ')],
    ...(target ? [['rounds', `${rounds} of ${stages.join(', ')}`] as [string, string]] : []),
    ['status', status],
    ['seed', String(seed)],
    ['hash of the configuration', configHash],
    ['program', `Arena Flywheel ${programVersion()}`],
  ];
}

function competitorWords(player: Config['competitors'][number]): string {
  const joins = player.joins > 0 ? `, from round ${player.joins}` : '';
  const what = 'url' in player ? `${player.model} at ${player.url}` : `answers on file, ${player.answers}`;
  return `${player.id} (${what}${joins})`;
}

function judgeWords(judge: JudgeConfig): string {
  const template = typeof judge.template === 'string' ? judge.template : judge.template.name;
  return `${judgeParty(judge).name} at ${judge.url}, template ${template}`;
}
