import { access, mkdir } from 'node:fs/promises';
import { messageOf, UserError } from '../errors';
import { askApi } from '../models/api';
import type { ModelPool } from '../models/pool';
import { judgeMembers, readKey } from '../models/roster';
import { filesOf } from '../prompts/files';
import { checkReplicas } from '../serving/adapters';
import type { TrainingBackends } from '../training/backends';
import { checkBase } from '../training/base';
import { isProgram } from '../groups/command';
import { poolNameOf } from './prompt-source';
import { processesOf, type NamedProcess } from './processes';
import type { Config, JudgeConfig, ManagedProcess } from './schema';

const PROBE_MS = 10_000;

/** Where training and serving happen, as a worker knows it. */
export interface Cluster {
  backends: TrainingBackends;
  artifacts: string;
  /** The sha256 that stands for a model's folder. */
  hashOf: (folder: string) => Promise<string>;
}

/** What would stop a run. */
export interface Problem {
  /** What is wrong, where, and the cure. */
  sentence: string;
  /** The endpoint that cannot be used; null: it is about something else. */
  endpoint: Address | null;
}

/** Where an endpoint answers, and the key that it wants, as `env:NAME`. */
export interface Address {
  url: string;
  key: string | null;
}

/**
 * Everything that would stop a run and can be known before it costs anything: the base model's folder, files, keys and
 * endpoints. None means ready.
 */
export async function checkConfig(config: Config, models: ModelPool, cluster: Cluster): Promise<Problem[]> {
  const problems = await Promise.all([
    problemOf(async () => config.target && checkBase(config.target.base)),
    ...namedFiles(config).map((named) => problemOf(() => checkFile(named))),
    ...endpointsOf(config).map((endpoint) => problemOf(() => probe(endpoint, models), endpoint)),
    ...processesOf(config).all.map((named) => problemOf(() => checkPrograms(named))),
    problemOf(() => checkTraining(config, cluster)),
    problemOf(() => checkServing(config, cluster)),
  ]);
  return problems.filter((problem) => problem !== null);
}

/** The artifacts folder is made here, so that who trains elsewhere can be asked whether it is seen there. */
async function checkTraining({ target, training }: Config, { backends, artifacts, hashOf }: Cluster): Promise<void> {
  if (target === null) return;
  await mkdir(artifacts, { recursive: true });
  // What is started for each training cannot be asked before.
  if (training.process?.start) return;
  const { base } = target;
  await (await backends.of(training)).check([artifacts], { path: base, sha256: () => hashOf(base) });
}

async function checkServing({ target }: Config, { hashOf }: Cluster): Promise<void> {
  if (target?.serve.kind !== 'vllm') return;
  const { start, process } = target.serve;
  if (start !== null) await checkProgram('target.serve.start', start);
  else if (!process?.start) await checkReplicas(target.serve, target.base, hashOf);
}

async function checkPrograms({ path, process }: NamedProcess): Promise<void> {
  for (const key of ['start', 'stop', 'ready'] as const) {
    const command = process[key];
    if (command) await checkProgram(`${path.join('.')}.${key}`, command);
  }
}

/** Whether what is to be started later can be: a misspelt program would be met on day two. */
async function checkProgram(where: string, [program = '']: readonly string[]): Promise<void> {
  if (!(await isProgram(program)))
    throw new UserError(
      `${where}: there is no program ${program} on this machine; give its whole path, or mend PATH where the worker starts.`,
    );
}

async function problemOf(check: () => Promise<unknown>, endpoint: Address | null = null): Promise<Problem | null> {
  return check().then(
    () => null,
    (error: unknown) => ({ sentence: messageOf(error), endpoint }),
  );
}

interface NamedFile {
  field: string;
  path: string;
}

async function checkFile({ field, path }: NamedFile): Promise<void> {
  const [first = path] = await filesOf(path).catch((error: unknown) => {
    throw new UserError(`${field}: ${messageOf(error)}`);
  });
  await access(first).catch(() => {
    throw new UserError(
      `${field}: there is no file ${path}. Check the path; it is relative to the configuration file.`,
    );
  });
}

function namedFiles(config: Config): NamedFile[] {
  const files = config.prompts.source.map((path, index) => ({ path, field: `prompts.source[${index}]` }));
  config.evaluation.testSet?.forEach((path, index) => files.push({ path, field: `evaluation.testSet[${index}]` }));
  config.prompts.decontaminate?.forEach((path, index) =>
    files.push({ path, field: `prompts.decontaminate[${index}]` }),
  );
  config.competitors.forEach((player, index) => {
    if ('answers' in player) files.push({ path: player.answers, field: `competitors[${index}].answers` });
  });
  if (config.start.sft !== null) files.push({ path: config.start.sft, field: 'start.sft' });
  // A pool is looked for where its prompts are read.
  return files.filter(({ path }) => poolNameOf(path) === null);
}

interface NamedEndpoint extends Address {
  field: string;
}

type ReachedEndpoint = NamedEndpoint & { replicas: readonly string[]; process: ManagedProcess | null };

/** Those that are there always: others answer when they are started. */
function endpointsOf({ competitors, judge, evaluation, target }: Config): NamedEndpoint[] {
  const judges = (field: string, config: JudgeConfig): ReachedEndpoint[] =>
    judgeMembers(config).map((member, index) => ({
      field: index === 0 ? field : `${field}.jury.with[${index - 1}]`,
      ...member,
    }));
  const all = [...judges('judge', judge), ...(evaluation.judge ? judges('evaluation.judge', evaluation.judge) : [])];
  if (target?.serve.kind === 'endpoint') all.push({ field: 'target.serve', ...target.serve });
  competitors.forEach((player, index) => {
    if ('url' in player) all.push({ field: `competitors[${index}] (${player.id})`, ...player });
  });
  const seen = new Set<string>();
  return all
    .filter(({ process }) => !process?.start)
    .flatMap(addressesOf)
    .filter(({ url, key }) => !seen.has(`${url} ${key}`) && seen.add(`${url} ${key}`));
}

/** Each address of an endpoint alone. */
const addressesOf = ({ field, url, replicas, key }: ReachedEndpoint): NamedEndpoint[] => [
  { field, url, key },
  ...replicas.map((replica, index) => ({ field: `${field}.replicas[${index}]`, url: replica, key })),
];

/** Asks for the list of models: it costs nothing, and shows whether somebody answers and accepts the key. */
async function probe({ field, url, key }: NamedEndpoint, models: ModelPool): Promise<void> {
  const secret = readKey(key);
  const address = await models.address(url);
  const list = `${address.replace(/\/$/, '')}/models`;
  const { status } = await askApi(list, { key: secret, limitMs: PROBE_MS }).catch((error: unknown) => {
    throw new UserError(
      `${field}: nobody answers at ${url} (${messageOf(error)}). Start the endpoint, or mend its url.`,
    );
  });
  if (status === 401 || status === 403)
    throw new UserError(
      `${field}: ${url} refused access (HTTP ${status}). Check the environment variable that key names${key === null ? ' (there is no key)' : ` (${key})`}.`,
    );
}
