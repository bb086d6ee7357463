import type { Command } from 'commander';
import { loadConfig } from '../../config/load';
import type { Forecast, StepForecast } from '../../plan/forecast';
import { forecastOf } from '../../plan/read';
import { findDatabase, withDatabase } from '../connect';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson, table } from '../output';

export function planCommand(): Command {
  return describedCommand(
    'plan',
    'Forecast a run: battles, calls, tokens, money and hours of each stage, before anything is spent. Latencies and lengths are those that the database has measured, where it knows the endpoint.',
    'plan my-run.yaml',
    'plan my-run.yaml --rounds 1 --json',
  )
    .argument('<config>', 'configuration file, YAML or JSON')
    .option('--rounds <n>', 'rounds in all, instead of those of the configuration', wholeNumber())
    .option(...JSON_OPTION)
    .action(plan);
}

async function plan(file: string, { rounds, json = false }: { rounds?: number; json?: boolean }): Promise<void> {
  const given = await loadConfig(file);
  const config = rounds === undefined ? given : { ...given, rounds };
  const found = await withDatabase(findDatabase(), (pool) => forecastOf(pool, config));
  if (json) sayJson({ name: config.name, ...found });
  else say(forecastText(found));
}

const number = (value: number): string => Math.round(value).toLocaleString('en');
const money = (usd: number): string => `$${usd.toFixed(2)}`;
const hours = (seconds: number | null): string =>
  seconds === null ? '?' : seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
const numbers = (name: string) => ({ name, numbers: true as const });

/** A forecast for people. */
export function forecastText({ steps, parties, judgeTokens, total, notes }: Forecast): string {
  const row = (one: StepForecast) => [
    one.step,
    number(one.battles),
    number(one.calls),
    number(one.promptTokens),
    number(one.completionTokens),
    money(one.usd),
    hours(one.arenaSeconds),
    hours(one.trainingSeconds),
  ];
  const all = Object.values(judgeTokens).reduce((sum, tokens) => sum + tokens, 0);
  const part = (tokens: number) => `${number(tokens)} (${all === 0 ? 0 : Math.round((100 * tokens) / all)}%)`;
  return [
    table(
      ['step', ...['battles', 'calls', 'tokens in', 'tokens out', 'cost', 'battles for', 'training for'].map(numbers)],
      [...steps, total].map(row),
    ),
    table(
      ['asked', 'as', ...['calls', 'tokens in', 'tokens out', 'cost', 's per call', 'measured on'].map(numbers)],
      parties.map((one) => [
        ...[one.name, one.role, number(one.calls), number(one.promptTokens), number(one.completionTokens)],
        ...[
          money(one.usd),
          one.secondsPerCall.toFixed(2),
          one.measured === 0 ? 'assumed' : `${number(one.measured)} calls`,
        ],
      ]),
    ),
    `Judge tokens: instructions ${part(judgeTokens.instructions)}, dialogue ${part(judgeTokens.dialogue)}, answers ${part(judgeTokens.answers)}, explanation ${part(judgeTokens.explanation)}.`,
    notes.join('\n'),
  ].join('\n\n');
}
