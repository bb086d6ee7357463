import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { rateTable } from '../../src/arena/rate';
import { parseConfig } from '../../src/config/load';
import type { ConfigInput } from '../../src/config/schema';
import { writeFileAtomic } from '../../src/files';
import { sha256 } from '../../src/identity';
import { checkpointPlayer, competitorPlayer, evaluationJudge, judgeParty } from '../../src/models/roster';
import { saveCheckpoint, saveDataset } from '../../src/store/artifacts';
import { saveEvent } from '../../src/store/events';
import { anchorOf } from '../../src/store/observations';
import { saveJudge, savePlayer } from '../../src/store/players';
import { ratingTable } from '../../src/store/rating-table';
import { saveLeaderboard } from '../../src/store/results';
import { saveRun, saveState } from '../../src/store/runs';
import type { FinishedStep, FlywheelState } from '../../workflows/types';

/** The run that fills the database. */
export const RUN = 'million';

const PLAYERS = ['atlas', 'borealis', 'cirrus', 'dune', 'ember', 'fjord', 'grove', 'harbor'];
const CATEGORIES = ['coding', 'math', 'writing', 'reasoning', 'roleplay', 'extraction', 'stem', 'humanities'];
const CHECKPOINTS = ['I0', 'r1-sft-a1', 'r1-dpo-a1'];

/** Battles of each arena, for so many in all: who meets on how many prompts. */
interface Plan {
  id: string;
  label: string;
  round: number;
  stage: string;
  purpose: 'training' | 'gate' | 'evaluation';
  judge: string;
  players: string[];
  from: number;
  prompts: number;
}

function configOf(): ConfigInput {
  const reach = { url: 'http://127.0.0.1:9/v1', price: { input: 1, output: 2 } };
  return {
    name: RUN,
    rounds: 1,
    target: { base: '/nowhere/base' },
    competitors: PLAYERS.map((id) => ({ ...reach, id, model: id })),
    judge: { ...reach, model: 'data-judge' },
    evaluation: {
      judge: { ...reach, model: 'evaluation-judge' },
      dataJudge: true,
      after: 'stage',
      bootstrapRounds: 100,
    },
    prompts: { source: ['prompts.jsonl'] },
    budget: { usd: 5000 },
  };
}

/**
 * Fills the store's own tables with one large run, in SQL: its players and outcomes are invented, its ratings fitted by our own code.
 * Texts have the lengths of real ones: 100 to 900 characters for an answer, about 300 for a judge's.
 * @param battles of which each has two games
 */
export async function fillLargeRun(
  pool: Pool,
  { battles, artifacts, say }: { battles: number; artifacts: string; say: (line: string) => void },
): Promise<void> {
  const config = parseConfig(configOf(), { where: 'the bench', folder: '/nowhere' });
  const players = [
    ...config.competitors.map((player) => competitorPlayer(player)),
    ...CHECKPOINTS.map((label) => checkpointPlayer(config, { id: `${RUN}/${label}`, label, sha256: sha256(label) })),
  ];
  for (const player of players) await savePlayer(pool, player);
  const idOf = (name: string) => players.find((player) => player.name === name)!.id;
  const judges = { evaluation: judgeParty(evaluationJudge(config)), data: judgeParty(config.judge) };
  for (const judge of Object.values(judges)) await saveJudge(pool, judge);
  await saveRun(pool, { id: RUN, config, configHash: sha256(RUN).slice(0, 32), split: RUN });

  const plans = plansOf(battles, judges.evaluation.id, judges.data.id, idOf);
  const prompts = Math.max(...plans.map(({ from, prompts: n }) => from + n));
  say(`${prompts} prompts`);
  await pool.query(
    `insert into prompts (id, messages, category, source)
     select md5('prompt' || i), jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Question ' || i || ': ' || repeat('explain this part of the matter in your own words. ', 1 + i % 9))),
            ($2::text[])[1 + i % ${CATEGORIES.length}], 'prompts.jsonl' from generate_series(0, $1::int - 1) i`,
    [prompts, CATEGORIES],
  );
  await pool.query(
    `insert into splits (split, prompt, part, position, cluster) select $1, md5('prompt' || i), 'slice-1', i, i % 40 from generate_series(0, $2::int - 1) i`,
    [RUN, prompts],
  );
  for (const plan of plans) {
    const pairs = plan.players.flatMap((a, index) => plan.players.slice(index + 1).map((b) => [a, b] as const));
    say(`${plan.id}: ${pairs.length * plan.prompts} battles`);
    await pool.query(
      `insert into arenas (id, run, round, stage, attempt, purpose, judge, size) values ($1, $2, $3, $4, 1, $5, $6, $7)`,
      [plan.id, RUN, plan.round, plan.stage, plan.purpose, plan.judge, pairs.length * plan.prompts],
    );
    // The later a player stands in the list, the stronger: its chance of a game goes with the distance.
    await pool.query(
      `create temp table drawn as
       select row_number() over (order by p, pair)::int - 1 as position, md5('prompt' || p) as prompt, a, b,
              (random() + random() + random() - 1.5) * 3 + strength as one, (random() + random() + random() - 1.5) * 3 + strength as two
         from generate_series($1::int, $2::int) p,
              unnest($3::text[], $4::text[], $5::float8[]) with ordinality pairs(a, b, strength, pair)`,
      [
        plan.from,
        plan.from + plan.prompts - 1,
        pairs.map(([a]) => a),
        pairs.map(([, b]) => b),
        pairs.map(([a, b]) => (players.findIndex(({ id }) => id === a) - players.findIndex(({ id }) => id === b)) / 6),
      ],
    );
    await pool.query(`
      insert into answers (player, prompt, sample, text, finish_reason, prompt_tokens, completion_tokens)
        select player, prompt, 0, 'The answer of ' || player || '. ' || repeat('It depends on what is asked, and on who asks it. ', 2 + abs(hashtext(player || prompt)) % 16), 'stop', 60, 40 + abs(hashtext(player || prompt)) % 200
          from (select a as player, prompt from drawn union select b, prompt from drawn) said on conflict do nothing`);
    await pool.query(
      `insert into games (judge, prompt, first, second, text, score_first, score_second, verdict, finish_reason, prompt_tokens, completion_tokens)
        select $1, prompt, a, b, repeat('The first answer is clear, the second is longer. ', 6), 6 + round(one), 6, case when round(one) > 0 then 'win' when round(one) < 0 then 'loss' else 'tie' end, 'stop', 500, 90 from drawn
        union all
        select $1, prompt, b, a, repeat('The first answer is clear, the second is longer. ', 6), 6, 6 + round(two), case when round(two) > 0 then 'loss' when round(two) < 0 then 'win' else 'tie' end, 'stop', 500, 90 from drawn
       on conflict do nothing`,
      [plan.judge],
    );
    await pool.query(
      `insert into battles (arena, position, prompt, player_a, player_b, outcome, margin, verdicts)
        select $1, position, prompt, a, b,
               case when round(one) > 0 and round(two) < 0 or round(one) < 0 and round(two) > 0 then 'inconsistent'
                    when round(one) + round(two) > 0 then 'win' when round(one) + round(two) < 0 then 'loss' else 'tie' end,
               (round(one) + round(two)) / 2,
               (case when round(one) > 0 then 'w' when round(one) < 0 then 'l' else 't' end) || (case when round(two) > 0 then 'w' when round(two) < 0 then 'l' else 't' end)
          from drawn`,
      [plan.id],
    );
    await pool.query('drop table drawn');
  }
  // What is rare in a real run: the hardest filter to answer.
  await pool.query(
    `update battles set outcome = 'invalid', margin = null, verdicts = 'wi' where position % 20011 = 17`,
  );
  await pool.query(
    `update battles set outcome = 'failed', margin = null, verdicts = null, problem = 'the context is too long' where position % 50021 = 19`,
  );
  say('ledger');
  await pool.query(
    `insert into ledger (run, purpose, party, prompt_tokens, completion_tokens, usd, milliseconds)
     select $1, purpose, games.judge, games.prompt_tokens, games.completion_tokens, 0.0006, 800 from games
       join (select distinct judge, 'evaluation' as purpose from arenas) judges on judges.judge = games.judge
     union all
     select $1, 'training', player, prompt_tokens, completion_tokens, 0.0004, 2000 from answers`,
    [RUN],
  );
  say('analyze');
  await pool.query('vacuum analyze');
  await storeResults(pool, config, plans, players, artifacts);
}

function plansOf(battles: number, evaluation: string, data: string, idOf: (name: string) => string): Plan[] {
  const all = [...PLAYERS, 'I0'].map(idOf);
  // 36 pairs by two judges, then 6 pairs of a stage's group.
  const test = Math.floor((0.72 * battles) / 72);
  const slice = Math.floor((0.28 * battles) / 12);
  const group = (label: string) => [label, ...PLAYERS.slice(0, 3)].map(idOf);
  const start = {
    label: 'I0',
    round: 0,
    stage: 'start',
    purpose: 'evaluation' as const,
    players: all,
    from: 0,
    prompts: test,
  };
  const training = { round: 1, purpose: 'training' as const, judge: data, prompts: slice };
  return [
    { ...start, id: `${RUN}/I0/evaluation`, judge: evaluation },
    { ...start, id: `${RUN}/I0/evaluation-data`, judge: data },
    {
      ...training,
      ...{ id: `${RUN}/r1-sft-a1/training`, label: 'r1-sft-a1', stage: 'sft', players: group('I0'), from: test },
    },
    {
      ...training,
      ...{
        id: `${RUN}/r1-dpo-a1/training`,
        label: 'r1-dpo-a1',
        stage: 'dpo',
        players: group('r1-sft-a1'),
        from: test + slice,
      },
    },
    {
      ...{
        id: `${RUN}/r1-sft-a1/gate`,
        label: 'r1-sft-a1',
        round: 1,
        stage: 'sft',
        purpose: 'gate',
        judge: evaluation,
      },
      ...{ players: ['r1-sft-a1', 'I0'].map(idOf), from: test + 2 * slice, prompts: 300 },
    },
  ];
}

async function storeResults(
  pool: Pool,
  config: ReturnType<typeof parseConfig>,
  plans: readonly Plan[],
  players: readonly { id: string; name: string }[],
  artifacts: string,
): Promise<void> {
  const names = new Map(players.map(({ id, name }) => [id, name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const options = { resample: 'prompt', rounds: 100, seed: 1 } as const;
  for (const judge of ['evaluation', 'data'] as const) {
    const arena = `${RUN}/I0/${judge === 'data' ? 'evaluation-data' : 'evaluation'}`;
    const battles = await ratingTable(pool, [arena], nameOf);
    const table = rateTable(battles, { ...options, anchor: anchorOf(config) });
    await saveLeaderboard(pool, {
      ...{ run: RUN, label: 'I0', judge, round: 0, stage: 'start', attempt: 1 },
      body: { table, model: 'I0', difference: null },
    });
  }
  const model = (label: string) => ({ checkpoint: `${RUN}/${label}`, label });
  for (const label of CHECKPOINTS) {
    const stage = label === 'I0' ? 'start' : label.split('-')[1]!;
    await saveCheckpoint(pool, {
      ...{
        id: `${RUN}/${label}`,
        run: RUN,
        round: label === 'I0' ? 0 : 1,
        stage,
        attempt: 1,
        parent: null,
        dataset: null,
      },
      ...{ job: null, path: '/nowhere', sha256: sha256(label), metrics: {}, seconds: 0 },
      ...{ player: players.find(({ name }) => name === label)!.id, status: 'promoted' },
    });
  }
  const step = (label: string, round: number, stage: FinishedStep['stage']): FinishedStep => ({
    ...{ round, stage, attempt: 1, decision: stage === 'start' ? 'none' : 'promote', model: model(label) },
    ...{
      candidate: stage === 'start' ? null : model(label),
      gate: null,
      rating: null,
      dataRating: null,
      seconds: 3600,
    },
    datasets: stage === 'start' ? {} : { [stage]: `${RUN}/${label}/${stage}` },
    evaluation:
      stage === 'start'
        ? {
            arenas: { evaluation: `${RUN}/I0/evaluation`, data: `${RUN}/I0/evaluation-data` },
            players: [...PLAYERS, 'I0'],
          }
        : null,
    battles: plans.find((plan) => plan.label === label)!.prompts * 6,
    rows: 20_000,
  });
  const state: FlywheelState = {
    ...{
      attempt: 1,
      paused: null,
      budgetUsd: 5000,
      cursor: null,
      lastAction: null,
      lastProblem: null,
      rolledBack: false,
    },
    finished: [step('I0', 0, 'start'), step('r1-sft-a1', 1, 'sft'), step('r1-dpo-a1', 1, 'dpo')],
  };
  await saveState(pool, RUN, state, 'done');
  for (let event = 0; event < 300; event++)
    await saveEvent(pool, { run: RUN, kind: 'note', sentence: `Event ${event} of a long run.`, detail: {} });
  await storeRows(
    pool,
    plans.find(({ stage }) => stage === 'dpo')!,
    artifacts,
  );
}

/** A dataset of 20,000 pairs. */
async function storeRows(pool: Pool, { id: arena }: Plan, artifacts: string): Promise<void> {
  const { rows } = await pool.query<{ line: string }>(
    `select json_build_object('prompt', messages, 'chosen', json_build_array(json_build_object('role', 'assistant', 'content', chosen.text)),
              'rejected', json_build_array(json_build_object('role', 'assistant', 'content', rejected.text)),
              'meta', json_build_object('run', $2::text, 'round', 1, 'stage', 'dpo', 'prompt', battles.prompt, 'battles', json_build_array(arena || '#' || position),
                'chosen', player_a, 'rejected', player_b, 'gap', margin))::text as line
       from battles join prompts on prompts.id = prompt
       join answers chosen on chosen.player = player_a and chosen.prompt = battles.prompt and chosen.sample = 0
       join answers rejected on rejected.player = player_b and rejected.prompt = battles.prompt and rejected.sample = 0
      where arena = $1 and outcome = 'win' order by position limit 20000`,
    [arena, RUN],
  );
  const path = join(artifacts, RUN, 'r1-dpo-a1', 'dpo.jsonl');
  mkdirSync(join(artifacts, RUN, 'r1-dpo-a1'), { recursive: true });
  const text = rows.map(({ line }) => `${line}\n`).join('');
  await writeFileAtomic(path, text);
  await saveDataset(pool, {
    ...{
      id: `${RUN}/r1-dpo-a1/dpo`,
      run: RUN,
      round: 1,
      stage: 'dpo',
      attempt: 1,
      kind: 'dpo',
      settings: { threshold: 1 },
    },
    ...{ counts: { newRows: rows.length }, rows: rows.length, path, sha256: sha256(text) },
  });
}
