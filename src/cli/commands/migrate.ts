import type { Command } from 'commander';
import { migrate } from '../../store/migrate';
import { findDatabase, withDatabase, withoutPassword } from '../connect';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson } from '../output';

export function migrateCommand(): Command {
  return describedCommand(
    'migrate',
    "Bring the database to this version's schema. Workers do it by themselves.",
    'migrate',
  )
    .option(...JSON_OPTION)
    .action(async ({ json = false }: { json?: boolean }) => {
      const address = findDatabase();
      const migrations = await withDatabase(address, migrate);
      if (json) sayJson({ migrations });
      else if (migrations.length === 0) say(`The database at ${withoutPassword(address.databaseUrl)} is up to date.`);
      else say(`Ran ${migrations.join(', ')}.`);
    });
}
