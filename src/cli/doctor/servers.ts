import type { Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { createArtifacts } from '../../artifacts/artifacts';
import { artifactWorkers, strangeRoots } from '../../artifacts/root';
import { homePaths } from '../../embedded/paths';
import { RETENTION_HOURS, SEARCH_ATTRIBUTES } from '../../embedded/search-attributes';
import { readUp } from '../../embedded/up-file';
import { UserError } from '../../errors';
import {
  environmentAddresses,
  findDatabase,
  findTemporal,
  withClient,
  withDatabase,
  withoutPassword,
} from '../connect';
import { unservedRoles, unservedSentences } from '../unserved';
import { finding, type Answer, type Finding } from './finding';

const NOT_UP = { warning: 'not up; `npx flywheel up` starts an embedded one' };

/** Checks of database and Temporal server, where they are up; changes nothing there. */
export async function checkServers(): Promise<Finding[]> {
  const given = environmentAddresses();
  const isUp = readUp() !== null;
  const database = await finding('database', () => (given.databaseUrl || isUp ? checkDatabase() : NOT_UP));
  const temporal = await finding('Temporal', () => (given.temporalAddress || isUp ? checkTemporal() : NOT_UP));
  const fit =
    temporal.level === 'ok' ? [await finding('namespace', checkNamespace), await finding('worker', checkWorker)] : [];
  const bucket =
    homePaths().artifactsS3 === null ? [] : [await finding('bucket', () => createArtifacts(homePaths()).look())];
  const roots = database.level === 'ok' ? [await finding('artifacts', checkArtifacts)] : [];
  return [database, temporal, ...fit, ...bucket, ...roots];
}

async function checkDatabase(): Promise<Answer> {
  const address = findDatabase();
  return withDatabase(address, async (pool: Pool) => {
    const { rows } = await pool.query<{ version: string; runs: string | null }>(
      `select current_setting('server_version') as version, to_regclass('runs') as runs`,
    );
    const sentence = `Postgres ${rows[0]?.version} at ${withoutPassword(address.databaseUrl)}`;
    return rows[0]?.runs
      ? sentence
      : { warning: `${sentence} has no tables yet: the first worker makes them, or \`npx flywheel migrate\`` };
  });
}

function checkTemporal(): Promise<string> {
  const address = findTemporal();
  return withClient(address, async ({ connection }) => {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return `Temporal ${serverVersion} at ${address.temporalAddress}`;
  });
}

/** What workers make fit before they poll, or refuse to start without. */
function checkNamespace(): Promise<Answer> {
  const address = findTemporal();
  const { namespace } = address;
  return withClient(address, async ({ connection }) => {
    const { workflowService, operatorService } = connection as Connection;
    const { config } = await workflowService.describeNamespace({ namespace });
    const hours = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 3600;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => customAttributes[name] === undefined);
    const lacks = [
      ...(missing.length > 0 ? [`has no search attribute ${missing.join(', ')}`] : []),
      ...(hours < RETENTION_HOURS ? [`keeps finished runs for ${hours} h only, not ${RETENTION_HOURS}`] : []),
    ];
    if (lacks.length > 0)
      return {
        warning: `${namespace} ${lacks.join(' and ')}: the next worker mends that, or stops with the command to run`,
      };
    return `${namespace} has the search attributes and keeps finished runs for ${hours} h`;
  });
}

function checkWorker(): Promise<Answer> {
  return withClient(findTemporal(), async (client) => {
    const sentences = unservedSentences(await unservedRoles(client));
    return sentences.length === 0 ? 'all task queues are polled' : { warning: sentences.join('\n') };
  });
}

/** Whether all workers that need artifacts see the same ones. */
function checkArtifacts(): Promise<Answer> {
  return withDatabase(findDatabase(), async (pool: Pool) => {
    const [first, ...others] = await artifactWorkers(pool, environmentAddresses().namespace);
    if (!first) return `${homePaths().artifacts} (no worker runs yet)`;
    const strange = strangeRoots(first, others);
    if (strange.length > 0) throw new UserError(strange.join('\n'));
    const hosts = [...new Set([first, ...others].map(({ host }) => host))];
    return `${first.artifacts}, seen by ${hosts.length === 1 ? first.host : `all ${hosts.length} hosts: ${hosts.join(', ')}`}`;
  });
}
