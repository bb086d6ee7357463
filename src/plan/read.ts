import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import type { Prompt } from '../prompts/prompt';
import { readPrompts } from '../prompts/read';
import { readSources } from '../prompts/sources';
import { createDeck, splitPrompts } from '../prompts/split';
import { forecast, type Forecast } from './forecast';
import { measuredTrainings, measuredUsage } from './usage';

/**
 * The forecast of a configuration: its prompts are read and dealt as the run would, and what this database has measured is
 * used. Nothing is asked and nothing written.
 */
export async function forecastOf(pool: Pool, config: Config): Promise<Forecast> {
  const { prompts } = await readSources(pool, config.prompts.source);
  const { testSet } = config.evaluation;
  const tests = testSet && (await readSources(pool, testSet)).prompts;
  const byId = new Map<string, Prompt>([...prompts, ...(tests ?? [])].map((prompt) => [prompt.id, prompt]));
  // Groups of prompts decide which prompt is where, not how many are: the deal at random tells as much, and needs no embedding.
  // Decontamination would embed as well; it leaves a few of the prompts out, of which slices of a fixed size feel nothing.
  const d0 = config.start.sft === null ? [] : await readPrompts([config.start.sft]);
  const { parts } = splitPrompts(config, createDeck(config, { pool: prompts, testSet: tests, d0 }));
  // Nobody plays on D0.
  const played = [...parts].filter(([part]) => part !== 'd0');
  const dealt = played.map(([part, ids]) => [part, ids.flatMap((id) => byId.get(id) ?? [])] as const);
  return forecast({
    config,
    parts: new Map(dealt),
    usage: await measuredUsage(pool),
    trainings: config.target ? await measuredTrainings(pool, config.target.base) : new Map(),
  });
}
