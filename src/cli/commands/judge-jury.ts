import type { Command } from 'commander';
import type { Pool } from 'pg';
import { agreementOf, type Agreement } from '../../judge/agreement';
import { loadJudges } from '../../judge/reread';
import { juryVerdicts } from '../../store/jury-verdicts';
import { arenasOfRun } from '../../store/rejudged';
import { loadRun } from '../../store/runs';
import { findDatabase, withDatabase } from '../connect';
import { CommandFailure } from '../failure';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';

interface JuryReport extends Agreement {
  jury: string;
  members: { name: string; unreadable: number }[];
  pairs: ({ a: string; b: string } & Agreement)[];
}

export function judgeJuryCommand(): Command {
  return describedCommand(
    'jury',
    "How far the members of a run's juries agree on single games: pairwise, and Krippendorff's alpha.",
    'judge jury my-run',
  )
    .argument('<run>', "a run's id")
    .option(...JSON_OPTION)
    .action(jury);
}

async function jury(run: string, { json = false }: { json?: boolean }): Promise<void> {
  const juries = await withDatabase(findDatabase(), async (pool) => {
    if (!(await loadRun(pool, run)))
      throw new CommandFailure(`There is no run ${run}. List the runs: npx flywheel status`);
    return juriesOf(pool, run);
  });
  if (json) return sayJson({ run, juries });
  if (juries.length === 0)
    throw new CommandFailure(
      `No jury judged in ${run}: judge.jury in the configuration makes one, see docs/judging.md.`,
    );
  for (const one of juries) show(one);
}

async function juriesOf(pool: Pool, run: string): Promise<JuryReport[]> {
  const judges = await loadJudges(pool);
  const reports: JuryReport[] = [];
  for (const id of new Set((await arenasOfRun(pool, run)).map(({ judge }) => judge))) {
    const identity = judges.identityOf(id);
    if (!('jury' in identity)) continue;
    const names = identity.jury.map((member) => judges.nameOf(member));
    const patterns = (await juryVerdicts(pool, run, id, identity.jury)).map(({ verdicts, games }) => ({
      values: verdicts,
      units: games,
    }));
    const among = (members: readonly number[]) =>
      agreementOf(patterns.map(({ values, units }) => ({ values: members.map((at) => values[at] ?? null), units })));
    reports.push({
      jury: judges.nameOf(id),
      ...agreementOf(patterns),
      members: names.map((name, at) => ({
        name,
        unreadable: patterns.reduce((sum, { values, units }) => sum + (values[at] === null ? units : 0), 0),
      })),
      pairs: names.flatMap((a, at) =>
        names.slice(at + 1).map((b, further) => ({ a, b, ...among([at, at + 1 + further]) })),
      ),
    });
  }
  return reports;
}

function show({ jury: name, members, pairs, ...all }: JuryReport): void {
  say(`${name}\n`);
  const numbers = (heading: string) => ({ name: heading, numbers: true }) as const;
  const rows = [{ a: 'all members', b: '', ...all }, ...pairs].map(({ a, b, units, pairwise, alpha }) => [
    a,
    b,
    String(units),
    percent(pairwise),
    alpha === null ? '-' : alpha.toFixed(3),
  ]);
  say(table(['', '', numbers('games'), numbers('agreement'), numbers('alpha')], rows));
  for (const member of members)
    if (member.unreadable > 0) say(`${member.name} could not be read in ${member.unreadable} games.`);
}

const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(1)}%`);
