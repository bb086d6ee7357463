import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rateTable } from '../../src/arena/rate';
import { startPostgres } from '../../src/embedded/postgres';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { openStore } from '../../src/store/open';
import { ratingTable } from '../../src/store/rating-table';
import type { Row } from '../bench';
import { median } from '../process';

const [MODELS, PROMPTS] = [100, 2_000];

/** Fills the store's own tables with one arena, all in SQL. Players are equal: the figure does not depend on who wins. */
const FILL = (battles: number) => `
insert into judges values ('j', 'judge', '{}');
insert into runs (id, config, config_hash) values ('r', '{}', '');
insert into arenas (id, run, round, stage, attempt, purpose, judge, size) values ('r/a', 'r', 0, 'start', 1, 'evaluation', 'j', ${battles});
insert into players select md5('player' || i), 'model-' || i, '{}' from generate_series(1, ${MODELS}) i;
insert into prompts (id, messages, source) select md5('prompt' || i), '[]', 'bench' from generate_series(1, ${PROMPTS}) i;
select setseed(.5);
create temp table drawn as
  select i, 1 + i % ${PROMPTS} as p, 1 + (random() * ${MODELS - 1})::int as a, (random() * ${MODELS - 2})::int as step, (random() * 8)::int as v
    from generate_series(0, ${battles - 1}) i;
insert into battles (arena, position, prompt, player_a, player_b, outcome, verdicts)
  select 'r/a', i, md5('prompt' || p), md5('player' || a), md5('player' || (1 + (a + step) % ${MODELS})),
         'tie', (array['ww','wt','tw','tt','tl','lt','ll','wl','lw'])[1 + v]
    from drawn where a <> 1 + (a + step) % ${MODELS};
analyze battles;`;

/** The time from the store's battles to ratings with clustered standard errors, wall clock, Postgres on this machine. */
export async function fromPostgres(battles: number, say: (line: string) => void): Promise<Row[]> {
  const folder = temporaryFolder('bench-ratings');
  const postgres = await startPostgres({ dir: join(folder, 'postgres') });
  try {
    const store = await openStore(postgres.url);
    try {
      say(`Postgres: ${battles} battles`);
      await store.pool.query(FILL(battles));
      const seconds: number[] = [];
      let rated = 0;
      for (let repeat = 0; repeat < 3; repeat++) {
        const start = performance.now();
        const table = await ratingTable(store.pool, ['r/a'], (player) => player);
        rateTable(table, { rounds: 0 });
        seconds.push((performance.now() - start) / 1000);
        rated = table.size / 2;
      }
      const figure = median(seconds);
      return [
        {
          name: `from Postgres: ${rated} battles of two games to ratings`,
          goal: '≤ 1.5 s',
          figure,
          unit: 's',
          ok: battles >= 1_000_000 ? figure <= 1.5 : null,
          note: `wall clock, the fit with clustered standard errors, ${MODELS} models, ${PROMPTS} prompts`,
        },
      ];
    } finally {
      await store.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
