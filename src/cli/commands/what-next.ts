import { readdirSync, readFileSync } from 'node:fs';
import { homePaths } from '../../embedded/paths';
import { readUp } from '../../embedded/up-file';
import { messageOf } from '../../errors';
import { shellWord } from '../../shell-word';
import { runPage } from '../../store/runs';
import { environmentAddresses, findDatabase, withDatabase } from '../connect';
import { colours, note, say, sayJson } from '../output';
import { runSummary } from '../../operating/run-summary';

type Summary = ReturnType<typeof runSummary>;

/** A command that makes sense now, without `npx flywheel`, and what it does. */
interface Step {
  command: string;
  does: string;
}

/** A configuration file in this folder, and the command that plays it. */
interface Configuration {
  file: string;
  plays: 'run' | 'arena run';
}

/** What stands here. */
interface Situation {
  /** Whether a database is known. */
  isUp: boolean;
  dashboardUrl: string | null;
  uiUrl: string | null;
  /** The newest first. */
  runs: Summary[];
  configurations: Configuration[];
}

/** Runs that are shown. */
const MOST_RUNS = 5;

/** `flywheel` alone: where things stand, and what to do next. */
export async function sayWhatNext({ json }: { json: boolean }): Promise<void> {
  const situation = await lookAround();
  const next = nextSteps(situation);
  if (json) {
    sayJson({ ...situation, next: next.map(({ command, does }) => ({ command: `npx flywheel ${command}`, does })) });
    return;
  }
  const { bold, dim } = colours();
  say(bold('Arena Flywheel') + dim('  the durable data flywheel for post-training language models'));
  say(`\n${inWords(situation)}\n`);
  const width = Math.max(...next.map(({ command }) => command.length)) + 16;
  for (const { command, does } of next) say(`  ${`npx flywheel ${command}`.padEnd(width)}${dim(does)}`);
  say(`\nAll commands: npx flywheel --help`);
}

async function lookAround(): Promise<Situation> {
  const up = readUp();
  const isUp = up !== null || environmentAddresses().databaseUrl !== null;
  return {
    isUp,
    dashboardUrl: up?.dashboardUrl ?? null,
    uiUrl: up?.uiUrl || null,
    runs: isUp ? await runsHere() : [],
    configurations: configurationsHere(),
  };
}

async function runsHere(): Promise<Summary[]> {
  try {
    const { runs } = await withDatabase(findDatabase(), (pool) => runPage(pool, { after: null, limit: MOST_RUNS }));
    return runs.map(runSummary);
  } catch (error) {
    note(messageOf(error));
    return [];
  }
}

/** Files in the working folder that look like a configuration. */
function configurationsHere(): Configuration[] {
  return readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => ({ file: name, text: readFileSync(name, 'utf8') }))
    .filter(({ text }) => /^competitors:/m.test(text))
    .map(({ file, text }): Configuration => ({ file, plays: /^target:/m.test(text) ? 'run' : 'arena run' }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Where things stand, in some lines. Pure but for the home's name. */
export function inWords({ isUp, dashboardUrl, uiUrl, runs }: Situation): string {
  const addresses = [
    ...(dashboardUrl === null ? [] : [`Dashboard: ${dashboardUrl}`]),
    ...(uiUrl === null ? [] : [`Temporal UI: ${uiUrl}`]),
  ];
  const where = !isUp
    ? [`Nothing runs here (${homePaths().home}).`]
    : addresses.length > 0
      ? ['Postgres and Temporal are up.', ...addresses]
      : ['A database is configured.'];
  const told = runs.map(({ run, status, next }) => `${run}: ${status}${next ? `, next ${next}` : ''}`);
  return [...where, ...told].join('\n');
}

/** What to do next, the likeliest first. Pure. */
export function nextSteps({ isUp, runs, configurations }: Situation): Step[] {
  const config = configurations[0];
  const newest = runs[0];
  const going = runs.find(({ status }) => status !== 'done');
  const steps: Step[] = [];
  if (going)
    steps.push({
      command: `status ${shellWord(going.run)} --watch`,
      does: 'follow it; says what it needs, if anything',
    });
  if (newest && newest !== going) steps.push({ command: `leaderboard ${shellWord(newest.run)}`, does: 'its ratings' });
  if (newest) steps.push({ command: `report ${shellWord(newest.run)}`, does: 'one HTML file about it, to be mailed' });
  if (!newest && !isUp)
    steps.push({ command: 'demo', does: 'a real flywheel in minutes: no GPU, no key, nothing to pay' });
  if (config === undefined) steps.push({ command: 'init', does: 'write a configuration of your own' });
  else if (!newest)
    steps.push({
      command: `doctor ${shellWord(config.file)}`,
      does: 'what would go wrong, before anything is paid for',
    });
  if (!isUp) steps.push({ command: 'up', does: 'start Postgres, Temporal, the dashboard and a worker, and keep them' });
  if (config !== undefined && !going)
    steps.push({ command: `${config.plays} ${shellWord(config.file)}`, does: 'start it, or go on with it' });
  return steps;
}
