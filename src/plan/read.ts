import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import type { Prompt } from '../prompts/prompt';
import { dealtAtRandom, readRunPrompts } from '../prompts/run-prompts';
import { forecast, type Forecast } from './forecast';
import { measuredTrainings, measuredUsage } from './usage';

/**
 * The forecast of a configuration: its prompts are read and dealt as the run would, and what this database has measured is
 * used. Nothing is asked and nothing written.
 */
export async function forecastOf(pool: Pool, config: Config): Promise<Forecast> {
  const read = await readRunPrompts(pool, config);
  const all = [...read.pool.prompts, ...(read.testSet?.prompts ?? [])];
  const byId = new Map<string, Prompt>(all.map((prompt) => [prompt.id, prompt]));
  // Nobody plays on D0.
  const played = [...dealtAtRandom(config, read)].filter(([part]) => part !== 'd0');
  const dealt = played.map(([part, ids]) => [part, ids.flatMap((id) => byId.get(id) ?? [])] as const);
  return forecast({
    config,
    parts: new Map(dealt),
    usage: await measuredUsage(pool),
    trainings: config.target ? await measuredTrainings(pool, config.target.base) : new Map(),
  });
}
