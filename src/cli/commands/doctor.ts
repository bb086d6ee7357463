import type { Command } from 'commander';
import { checkConfiguration } from '../doctor/configuration';
import type { Finding } from '../doctor/finding';
import { checkMachine } from '../doctor/machine';
import { checkServers } from '../doctor/servers';
import { describedCommand, JSON_OPTION } from '../options';
import { colours, say, sayJson } from '../output';

export function doctorCommand(): Command {
  return describedCommand(
    'doctor',
    'Check this machine, the servers and, where one is named, a configuration with all that it names: each model is asked once, with a few dozen tokens. Nothing of yours is changed: the artifacts folder is made where it is missing, and for training elsewhere the trainer is laid into it and Ray runs a check of some seconds. Exit code 1 when there is a problem.',
    'doctor',
    'doctor my-run.yaml',
    'doctor my-run.yaml --no-calls',
  )
    .argument('[config]', 'configuration file, YAML or JSON')
    .option('--no-calls', 'look whether endpoints answer, but ask no model anything')
    .option(...JSON_OPTION)
    .action(doctor);
}

interface Options {
  calls: boolean;
  json?: boolean;
}

async function doctor(file: string | undefined, { calls, json = false }: Options): Promise<void> {
  const findings = (
    await Promise.all([checkMachine(), checkServers(), file === undefined ? [] : checkConfiguration(file, { calls })])
  ).flat();
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  if (problems > 0) process.exitCode = 1;
  if (json) {
    sayJson({ ok: problems === 0, findings });
    return;
  }
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  for (const one of findings) say(line(one, width));
  say(
    `\n${problems === 0 ? 'No problem' : problems === 1 ? '1 problem' : `${problems} problems`}, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}.`,
  );
}

function line({ name, level, sentence }: Finding, width: number): string {
  const { green, yellow, red } = colours();
  const paint = { ok: green, warning: yellow, problem: red }[level];
  // A list of several lines (a configuration's errors) stays under its own column.
  return `${paint(level.padEnd(8))} ${name.padEnd(width)}${sentence.replaceAll('\n', `\n${' '.repeat(9 + width)}`)}`;
}
