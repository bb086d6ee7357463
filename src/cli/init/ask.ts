import { existsSync } from 'node:fs';
import type * as Clack from '@clack/prompts';
import { poolNameOf } from '../../config/prompt-source';
import { askApi } from '../../models/api';
import type { Endpoint, Player, Wanted } from './wanted';

/** The user ended the questions. */
export class Cancelled extends Error {}

const PROBE_MS = 3000;

/** Asks on the terminal for what is not `given` yet; `proposed` is a name for it. Throws `Cancelled` on Ctrl-C. */
export async function ask(given: Partial<Wanted>, proposed: string): Promise<Wanted> {
  const clack = await import('@clack/prompts');
  const q = questions(clack);
  clack.intro('A new configuration. Ctrl-C leaves, and nothing is written.');
  const name = given.name ?? (await q.text('What shall it be called?', { initial: proposed, check: nameProblem }));
  const trains =
    given.base !== undefined
      ? given.base !== null
      : await q.choose('What is wanted?', [
          { value: true, label: 'A flywheel', hint: 'train a model on the battles that it loses' },
          { value: false, label: 'A leaderboard', hint: 'battles and ratings, no training' },
        ]);
  const base = trains
    ? (given.base ?? (await q.text('The folder of the model to train (Hugging Face form)', { check: fileProblem })))
    : null;
  const players = given.players ?? (await askPlayers(q, trains ? 1 : 2));
  const judge = given.judge ?? (await askEndpoint(q, 'The judge'));
  const evaluationJudge =
    given.evaluationJudge ??
    (trains && (await q.confirm('Another judge to rate and gate, so that no judge grades its own selection?'))
      ? await askEndpoint(q, 'The evaluation judge')
      : null);
  const prompts = given.prompts ?? [
    await q.text('Prompts: a file (JSONL, CSV, Parquet …), or pool:NAME', {
      initial: 'prompts.jsonl',
      check: sourceProblem,
    }),
  ];
  const rounds = given.rounds ?? (trains ? Number(await q.text('Rounds', { initial: '3', check: wholeProblem })) : 0);
  const budget =
    given.budgetUsd === undefined
      ? await q.text('A cap in USD (empty: none)', { optional: true, check: moneyProblem })
      : '';
  const budgetUsd = given.budgetUsd ?? (budget === '' ? null : Number(budget));
  return { name, base, players, judge, evaluationJudge, prompts, rounds, budgetUsd };
}

async function askPlayers(q: Questions, least: number): Promise<Player[]> {
  const players: Player[] = [];
  for (;;) {
    const kind = await q.choose(players.length === 0 ? 'The first competitor' : 'Another competitor?', [
      ...(players.length >= least ? [{ value: 'none', label: 'No, that is all' }] : []),
      { value: 'endpoint', label: 'A model behind an endpoint', hint: 'OpenAI-compatible' },
      { value: 'recorded', label: 'Answers on file', hint: 'Arena-Hard, MT-bench or plain JSONL' },
    ]);
    if (kind === 'none') return players;
    if (kind === 'recorded') {
      const answers = await q.text('The file of its answers', { check: fileProblem });
      players.push({ id: await q.text('Its name'), answers });
    } else {
      const endpoint = await askEndpoint(q, 'The competitor');
      players.push({ id: await q.text('Its name in tables', { initial: endpoint.model }), ...endpoint });
    }
  }
}

async function askEndpoint(q: Questions, what: string): Promise<Endpoint> {
  const url = await q.text(`${what}: address`, { initial: 'http://localhost:8000/v1', check: urlProblem });
  const variable = await q.text('The environment variable with its key (empty: none)', {
    optional: true,
    check: variableProblem,
  });
  const models = await modelsAt(url, process.env[variable]);
  const model =
    models.length > 0
      ? await q.choose(
          'Which model? (these are there now)',
          models.slice(0, 30).map((value) => ({ value, label: value })),
        )
      : await q.text(`${what}: the model's name at the endpoint`);
  return { url, model, key: variable === '' ? null : `env:${variable}` };
}

/** The models that an endpoint lists; none where nobody answers. */
async function modelsAt(url: string, key: string | undefined): Promise<string[]> {
  try {
    const { status, text } = await askApi(`${url.replace(/\/$/, '')}/models`, { key: key ?? null, limitMs: PROBE_MS });
    const { data } = JSON.parse(text) as { data?: { id?: unknown }[] };
    return status === 200 ? (data ?? []).map(({ id }) => String(id)) : [];
  } catch {
    return [];
  }
}

type Problem = string | undefined;

const fileProblem = (path: string): Problem => (existsSync(path) ? undefined : `There is no ${path} here.`);
/** A pool is looked for by `doctor`: its database need not be up yet. */
export const sourceProblem = (source: string): Problem =>
  poolNameOf(source) === null ? fileProblem(source) : undefined;
const urlProblem = (url: string): Problem =>
  /^(https?:\/\/\S+|sandbox:)$/.test(url) ? undefined : 'An http(s) address, such as http://gpu1:8000/v1.';
const nameProblem = (name: string): Problem =>
  /^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name) ? undefined : 'Letters, digits, ".", "_" and "-".';
const wholeProblem = (text: string): Problem => (/^[1-9]\d?$/.test(text) ? undefined : 'A whole number from 1 to 99.');
const moneyProblem = (text: string): Problem =>
  text === '' || Number(text) > 0 ? undefined : 'An amount above zero, for example 100.';
const variableProblem = (text: string): Problem =>
  text === '' || /^[A-Za-z_]\w*$/.test(text)
    ? undefined
    : 'The name of a variable, such as OPENAI_API_KEY; the key itself never stands in a file.';

type Questions = ReturnType<typeof questions>;

/** The prompt library's questions, which throw where it hands back its sign of Ctrl-C. */
function questions(clack: typeof Clack) {
  const answered = (answer: unknown): unknown => {
    if (clack.isCancel(answer)) throw new Cancelled();
    return answer;
  };
  return {
    async text(
      message: string,
      {
        initial,
        check,
        optional = false,
      }: { initial?: string; check?: (text: string) => Problem; optional?: boolean } = {},
    ): Promise<string> {
      const validate = (text: string | undefined) =>
        text === undefined || text === ''
          ? optional || initial !== undefined
            ? undefined
            : 'Something is needed here.'
          : check?.(text);
      const answer = await clack.text({
        message,
        validate,
        ...(initial === undefined ? {} : { placeholder: initial, defaultValue: initial }),
      });
      return (answered(answer) as string | undefined) ?? '';
    },
    async choose<T>(message: string, options: { value: T; label: string; hint?: string }[]): Promise<T> {
      const answer = await clack.select<unknown>({ message, options });
      return answered(answer) as T;
    },
    confirm: async (message: string): Promise<boolean> => answered(await clack.confirm({ message })) as boolean,
  };
}
