import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { dealtAtRandom, promptsWith, readRunPrompts } from '../prompts/run-prompts';
import { forecast, type Forecast } from './forecast';
import { measuredTrainings, measuredUsage } from './usage';

/**
 * The forecast of a configuration: its prompts are read and dealt as the run would, and what this database has measured is
 * used. Nothing is asked and nothing written.
 */
export async function forecastOf(pool: Pool, config: Config): Promise<Forecast> {
  const read = await readRunPrompts(pool, config);
  // Nobody plays on D0.
  const played = [...dealtAtRandom(config, read)].filter(([part]) => part !== 'd0');
  const byId = await promptsWith(
    read,
    played.flatMap(([, ids]) => ids),
  );
  const dealt = played.map(([part, ids]) => [part, ids.map((id) => byId.get(id)!)] as const);
  return forecast({
    config,
    parts: new Map(dealt),
    usage: await measuredUsage(pool),
    trainings: config.target ? await measuredTrainings(pool, config.target.base) : new Map(),
  });
}
