import { Command } from 'commander';
import { programVersion } from '../version';

/**
 * Every command by its name, loaded when it is asked for: all of them together take a second to load, because some
 * bring Temporal's worker.
 */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'Begin:': {
    demo: async () => (await import('./commands/demo.js')).demoCommand(),
    init: async () => (await import('./commands/init.js')).initCommand(),
    doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
    up: async () => (await import('./commands/up.js')).upCommand(),
    dashboard: async () => (await import('./commands/dashboard.js')).dashboardCommand(),
    worker: async () => (await import('./commands/worker.js')).workerCommand(),
    migrate: async () => (await import('./commands/migrate.js')).migrateCommand(),
  },
  'Runs:': {
    run: async () => (await import('./commands/run.js')).runCommand(),
    plan: async () => (await import('./commands/plan.js')).planCommand(),
    arena: async () => (await import('./commands/arena.js')).arenaCommand(),
    status: async () => (await import('./commands/status.js')).statusCommand(),
    leaderboard: async () => (await import('./commands/leaderboard.js')).leaderboardCommand(),
    report: async () => (await import('./commands/report.js')).reportCommand(),
    pause: async () => (await import('./commands/operate.js')).pauseCommand(),
    resume: async () => (await import('./commands/operate.js')).resumeCommand(),
    rollback: async () => (await import('./commands/operate.js')).rollbackCommand(),
    budget: async () => (await import('./commands/operate.js')).budgetCommand(),
    decide: async () => (await import('./commands/operate.js')).decideCommand(),
    cancel: async () => (await import('./commands/operate.js')).cancelCommand(),
  },
  'Data:': {
    prompts: async () => (await import('./commands/prompts.js')).promptsCommand(),
    data: async () => (await import('./commands/data.js')).dataCommand(),
    export: async () => (await import('./commands/export.js')).exportCommand(),
  },
  'Tools:': {
    rate: async () => (await import('./commands/rate.js')).rateCommand(),
    consistency: async () => (await import('./commands/consistency.js')).consistencyCommand(),
    judge: async () => (await import('./commands/judge.js')).judgeCommand(),
    config: async () => (await import('./commands/config.js')).configCommand(),
    codec: async () => (await import('./commands/codec.js')).codecCommand(),
  },
};

/**
 * The program with all commands, or with the one that is named alone where there is such a one. Commands throw what went
 * wrong, commander's own errors included, and end nothing by themselves.
 */
export async function buildProgram(only?: string): Promise<Command> {
  const program = new Command('flywheel')
    .description('The durable data flywheel for post-training language models.')
    .version(programVersion())
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage or input.\n\nExample:\n  npx flywheel demo');
  const isKnown = only !== undefined && Object.values(COMMANDS).some((group) => Object.hasOwn(group, only));
  for (const [heading, group] of Object.entries(COMMANDS))
    for (const [name, load] of Object.entries(group))
      if (!isKnown || name === only) program.addCommand((await load()).helpGroup(heading));
  if (!isKnown) await addCompletion(program);
  // Settings are not inherited by commands that were made apart.
  for (const command of family(program)) command.exitOverride().showHelpAfterError('(--help shows what is possible)');
  return program;
}

/** `complete SHELL` prints a script for the shell, which then asks `complete -- WORDS` what may follow. */
async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  tab(program);
  program.commands
    .find((command) => command.name() === 'complete')
    ?.description(
      'Print a script for shell completion; `flywheel` must be on the PATH (npm link), and bash needs the package bash-completion.',
    )
    .helpGroup('Tools:')
    .addHelpText('after', '\nExample:\n  npx flywheel complete bash >> ~/.bashrc');
}

function family(command: Command): Command[] {
  return [command, ...command.commands.flatMap(family)];
}
