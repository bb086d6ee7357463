import { stringify } from 'yaml';
import { shellWord } from '../../shell-word';
import type { Endpoint, Player, Wanted } from './wanted';

/** A configuration as a commented YAML text. `file` is its own name, `schema` that of its JSON Schema beside it. */
export function renderConfig(wanted: Wanted, { file, schema }: { file: string; schema: string }): string {
  const { name, base, players, judge, evaluationJudge, prompts, rounds, budgetUsd } = wanted;
  const command = base === null ? 'arena run' : 'run';
  const here = shellWord(file);
  return [
    `# yaml-language-server: $schema=./${schema}`,
    `# ${base === null ? 'A leaderboard' : 'A flywheel'}. First: npx flywheel doctor ${here}   then: npx flywheel ${command} ${here}`,
    '# Paths are relative to this file. What is left out has a default: docs/configuration.md lists every setting.',
    '',
    '# What the run is called on the command line.',
    `name: ${scalar(name)}`,
    ...target(base),
    '',
    base === null
      ? '# Who plays: models behind OpenAI-compatible endpoints, or answers that you have on file.'
      : '# Strong models that it battles and learns from: endpoints, or answers that you have on file.',
    'competitors:',
    ...players.flatMap(player),
    '',
    base === null
      ? '# Decides each battle twice, with the answers swapped.'
      : '# Decides each battle twice, with the answers swapped; its verdicts select the training data.',
    'judge:',
    ...endpoint(judge, '  '),
    ...evaluation(base, evaluationJudge),
    '',
    base === null
      ? '# All of these prompts are played.'
      : '# Dealt once into a test set, a reserve for the gates, and a slice for each stage of each round.',
    `prompts: { source: ${list(prompts)} }`,
    ...(base === null
      ? []
      : ['', '# Each round: SFT, DPO, PPO, each behind a gate, then the test set.', `rounds: ${rounds}`]),
    '',
    '# At this spend the run stops and asks; it counts calls at the price that stands beside a model.',
    budgetUsd === null ? '# budget: { usd: 100 }' : `budget: { usd: ${budgetUsd} }`,
    '',
  ].join('\n');
}

function target(base: string | null): string[] {
  if (base === null) return [];
  return [
    '',
    '# The model to train: a folder in Hugging Face form, with its tokenizer.',
    'target:',
    `  base: ${scalar(base)}`,
    '  # Checkpoints are served on this machine, unless an endpoint of yours serves them:',
    "  # serve: { kind: endpoint, url: 'http://gpu1:8000/v1' }",
  ];
}

function player(one: Player): string[] {
  if ('answers' in one) return [`  - id: ${scalar(one.id)}`, `    answers: ${scalar(one.answers)}`];
  return [`  - id: ${scalar(one.id)}`, ...endpoint(one, '    ')];
}

function endpoint({ url, model, key }: Endpoint, indent: string): string[] {
  return [
    `url: ${scalar(url)}`,
    `model: ${scalar(model)}`,
    ...(key === null ? [] : [`key: ${scalar(key)} # the environment variable that holds it`]),
    '# price: { input: 2.5, output: 10 } # USD per million tokens',
    '# concurrency: 16 # calls in flight',
  ].map((line) => indent + line);
}

function evaluation(base: string | null, judge: Endpoint | null): string[] {
  if (judge !== null)
    return [
      '',
      '# Another judge, which selects no training data: it rates, and decides at the gates.',
      'evaluation:',
      '  judge:',
      ...endpoint(judge, '    '),
    ];
  if (base === null) return [];
  return [
    '',
    '# Without a judge of its own the judge above also rates and gates, and every table says so.',
    "# evaluation: { judge: { url: 'http://gpu2:8000/v1', model: another-judge } }",
  ];
}

/** A text as YAML, quoted where it must be. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: /[:#]/.test(text) ? 'QUOTE_SINGLE' : 'PLAIN' }).trim();
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => (/^[\w./-]+$/.test(text) ? scalar(text) : JSON.stringify(text))).join(', ')}]`;
}
