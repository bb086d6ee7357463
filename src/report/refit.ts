import type { Pool } from 'pg';
import { rate } from '../arena/rate';
import { rateWithStyle, type StyleTable } from '../arena/style';
import { answerStyle, type AnswerStyle } from '../arena/style-features';
import type { Observation, RatingTable } from '../arena/types';
import { UserError } from '../errors';
import { seedFrom } from '../identity';
import { anchorOf, observeArenas } from '../store/observations';
import type { Run } from '../store/runs';
import { arenasOf } from './arenas';
import { namesOf } from './counts';
import type { JudgeRole } from './document';

/** The games behind a published leaderboard. */
export interface Games {
  run: Run;
  arenas: string[];
  observations: Observation[];
}

/**
 * Reads the games that the leaderboard `label` of a judge was fitted on, of one category of prompts or of all (null).
 * @throws UserError where no prompt is of that category, with those that there are.
 */
export async function gamesBehind(
  pool: Pool,
  run: Run,
  { label, judge, category }: { label: string; judge: JudgeRole; category: string | null },
): Promise<Games> {
  const arenas = (await arenasOf(pool, run, label))[judge];
  const observations = await observeArenas(pool, run.id, run.config, arenas);
  if (category === null) return { run, arenas, observations };
  const categories = await categoriesOf(pool, arenas);
  const chosen = observations.filter(({ prompt }) => prompt !== null && categories.get(prompt) === category);
  if (chosen.length > 0) return { run, arenas, observations: chosen };
  const known = [...new Set(categories.values())].sort();
  throw new UserError(
    known.length > 0
      ? `No game of ${run.id} was on a prompt of the category ${JSON.stringify(category)}. Its prompts have: ${known.join(', ')}`
      : `The prompts of ${run.id} have no categories; give each a field "category" before a run's start for that.`,
  );
}

/** Ratings by these games alone, fitted as a run's leaderboards are. */
export function refitted({ run, observations }: Games, players: readonly string[]): RatingTable {
  const { config } = run;
  return rate(observations, {
    resample: 'prompt',
    rounds: config.evaluation.bootstrapRounds,
    seed: seedFrom(config.seed, 'bootstrap'),
    anchor: anchorOf(config),
    players,
  });
}

/** Ratings at equal style. Lengths are in characters, which are known of every answer, recorded ones too. */
export async function styled(pool: Pool, { run, arenas, observations }: Games): Promise<StyleTable> {
  const styles = await stylesOf(pool, run, arenas);
  const styleOf = (player: string, prompt: string | null): AnswerStyle => {
    const style = styles.get(keyOf(player, prompt));
    if (style) return style;
    throw new UserError(`The answer of ${player} to the prompt ${prompt} is not stored, so its style is not known.`);
  };
  const rows = observations.map((game) => ({
    ...game,
    styleA: styleOf(game.a, game.prompt),
    styleB: styleOf(game.b, game.prompt),
  }));
  return rateWithStyle(rows, { anchor: anchorOf(run.config) });
}

async function categoriesOf(pool: Pool, arenas: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; category: string }>(
    `select id, category from prompts
      where category is not null and id in (select prompt from battles where arena = any($1))`,
    [arenas],
  );
  return new Map(rows.map(({ id, category }) => [id, category]));
}

async function stylesOf(pool: Pool, run: Run, arenas: readonly string[]): Promise<Map<string, AnswerStyle>> {
  const names = await namesOf(pool, run);
  const { rows } = await pool.query<{ player: string; prompt: string; text: string }>(
    `select player, prompt, text from answers
      where sample = 0 and (player, prompt) in (select player_a, prompt from battles where arena = any($1)
                                          union select player_b, prompt from battles where arena = any($1))`,
    [arenas],
  );
  return new Map(
    rows.map(({ player, prompt, text }) => [keyOf(names.get(player) ?? player, prompt), answerStyle(text)]),
  );
}

const keyOf = (player: string, prompt: string | null) => JSON.stringify([player, prompt]);
