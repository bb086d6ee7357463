import type { Pool } from 'pg';
import { parseConfig } from '../../src/config/load';
import type { ConfigInput } from '../../src/config/schema';

/** A target and five competitors: 15 battles on each prompt, as in the paper's arenas. */
const PLAYERS = 6;
export const PAIRS = (PLAYERS * (PLAYERS - 1)) / 2;

/** 270 words of prose, which answers are beginnings of. */
const PROSE = `When the harbour town was founded its merchants kept a ledger of every ship that came in, and of every barrel that left the quay; the oldest pages still lie
in the archive. A visitor who reads them learns first how little was certain: winds failed, prices fell overnight, and a captain's word was worth as much as his last voyage.
Second, the clerks were careful people. They wrote down what they saw, and beside it what they were told, and never let the one stand for the other. Third, most of what mattered
was never written at all. Nobody noted who taught whom to read the tides, or why one family lent money to another through three bad winters. So the historian counts barrels, compares
hands, and asks of each figure who had a reason to make it larger. In the end the answer is modest: trade grew by about a third in forty years, it fell by half in the two that
followed the fire, and the town that rebuilt itself was not the town that had burned. If you want to check this yourself, begin with the harbour fees, because they were paid in
coin and counted twice; then read the letters, which complain about the same fees; and only then turn to the chronicle, whose author was born after most of it had happened.`;

const OPPOSITE = `case when %s > 0 then 'win' when %s < 0 then 'loss' else 'tie' end`;
const sign = (expression: string) => OPPOSITE.replaceAll('%s', expression);

/** An arena as a run leaves it, in SQL: answers of 400 to 1,600 characters, games with scores, outcomes by the same rule as ours. */
const FILL = (prompts: number) => `
select setseed(.5);
insert into judges values ('j', 'judge', '{}');
insert into players select md5('player' || i), 'model-' || i, '{}' from generate_series(1, ${PLAYERS}) i;
insert into prompts (id, messages, source)
  select md5('prompt' || i), json_build_array(json_build_object('role', 'user', 'content', 'Tell me about case ' || i)), 'bench' from generate_series(1, ${prompts}) i;
insert into splits (split, prompt, part, position) select 's', md5('prompt' || i), 'slice-' || 1 + i % 3, i from generate_series(1, ${prompts}) i;
insert into answers (player, prompt, text, finish_reason, prompt_tokens, completion_tokens)
  select md5('player' || a), md5('prompt' || i), 'Case ' || i || ', ' || left($prose$${PROSE}$prose$, (400 + 1200 * random())::int), 'stop', 10, 200
    from generate_series(1, ${prompts}) i, generate_series(1, ${PLAYERS}) a;
create temp table drawn as
  select i, a, b, s.a1, s.b1, s.a2, s.b2 from generate_series(1, ${prompts}) i, generate_series(1, ${PLAYERS}) a, generate_series(1, ${PLAYERS}) b,
    lateral (select 3 + a * .4 + round(3 * random() + 0 * i) as a1, 3 + b * .4 + round(3 * random()) as b1, 3 + a * .4 + round(3 * random()) as a2, 3 + b * .4 + round(3 * random()) as b2) s
   where a < b;
insert into games (judge, prompt, first, second, text, score_first, score_second, verdict, finish_reason, prompt_tokens, completion_tokens)
  select 'j', md5('prompt' || i), md5('player' || a), md5('player' || b), '', a1, b1, ${sign('a1 - b1')}, 'stop', 400, 20 from drawn
  union all select 'j', md5('prompt' || i), md5('player' || b), md5('player' || a), '', b2, a2, ${sign('b2 - a2')}, 'stop', 400, 20 from drawn;
insert into arenas (id, run, round, stage, attempt, purpose, judge, size) values ('r/a', 'r', 1, 'sft', 1, 'training', 'j', ${prompts * PAIRS});
insert into battles (arena, position, prompt, player_a, player_b, outcome, margin)
  select 'r/a', row_number() over (order by i, a, b) - 1, md5('prompt' || i), md5('player' || a), md5('player' || b),
         case when sign(a1 - b1) * sign(a2 - b2) < 0 then 'inconsistent' else ${sign('sign(a1 - b1) + sign(a2 - b2)')} end, (a1 + a2 - b1 - b2) / 2 from drawn;
insert into checkpoints (id, run, round, stage, attempt, path, sha256, metrics, seconds, player, status)
  values ('c', 'r', 0, 'start', 1, '', '', '{}', 0, md5('player1'), 'promoted');
analyze;`;

/** The run `r` with its arena `r/a` on so many prompts, as a run leaves it in an empty database; `change`: its settings. */
export async function fillArena(db: Pool, prompts: number, change: Partial<ConfigInput> = {}): Promise<void> {
  const config = parseConfig({
    name: 'bench',
    target: { base: '/models/base' },
    competitors: [{ id: 'rival', url: 'http://127.0.0.1:1/v1', model: 'rival' }],
    judge: { url: 'http://127.0.0.1:1/v1', model: 'judge' },
    prompts: { source: ['pool:bench'] },
    ...change,
  });
  await db.query(`insert into runs (id, config, config_hash, split) values ('r', $1, '', 's')`, [config]);
  await db.query(FILL(prompts));
}
