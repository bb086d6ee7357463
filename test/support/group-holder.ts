import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { createGroups } from '../../src/groups/groups';
import { thisHolder } from '../../src/groups/lease';
import { managedNeed, type Managed } from '../../src/groups/managed';

/** Another worker's hold on a group, which can be killed: `node -r …/typescript.cjs group-holder.ts DATABASE MANAGED`. */
const [databaseUrl = '', managed = ''] = process.argv.slice(2);
const groups = createGroups({ pool: new Pool({ connectionString: databaseUrl }), holder: thisHolder(randomUUID()) });
void groups.using(managedNeed(JSON.parse(managed) as Managed), async () => {
  process.stdout.write('up\n');
  await new Promise(() => setInterval(() => undefined, 1000));
});
