import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { messageOf, UserError } from '../errors';

const { IndexedValueType } = temporal.api.enums.v1;

/**
 * The search attributes that workflows set, with their types as `temporal operator` names them. A workflow that sets one
 * which is not registered fails its task for ever, so they are registered before anything polls.
 */
export const SEARCH_ATTRIBUTES = {
  FlywheelRound: 'Int',
  FlywheelStage: 'Keyword',
  FlywheelModel: 'Keyword',
  FlywheelRating: 'Double',
  NeedsAttention: 'Bool',
} as const;

/** How long finished runs must stay visible, in hours. The development server's own 24 are too few for a run of days. */
export const RETENTION_HOURS = 720;

/** What is needed of a connection; both the client's and the worker's have it. */
export type NamespaceConnection = Pick<Connection, 'workflowService' | 'operatorService'>;

const TYPE_CODES = {
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Double: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;

type Name = keyof typeof SEARCH_ATTRIBUTES;
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as Name[];

function registerCommands(namespace: string, names: readonly Name[]): string {
  return names
    .map(
      (name) =>
        `temporal operator search-attribute create -n ${namespace} --name ${name} --type ${SEARCH_ATTRIBUTES[name]}`,
    )
    .join('\n  ');
}

/** The search attributes that are missing; throws when one is there with another type. */
async function missingAttributes({ operatorService }: NamespaceConnection, namespace: string): Promise<Name[]> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  for (const name of NAMES) {
    const found = customAttributes[name];
    if (found !== undefined && found !== null && found !== TYPE_CODES[SEARCH_ATTRIBUTES[name]]) {
      throw new UserError(
        `Namespace ${namespace}: the search attribute ${name} has another type than ${SEARCH_ATTRIBUTES[name]}; remove it and let ` +
          `it be made anew:\n  temporal operator search-attribute remove -n ${namespace} --name ${name} --yes`,
      );
    }
  }
  return NAMES.filter((name) => customAttributes[name] === undefined);
}

async function ensureAttributes(connection: NamespaceConnection, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace).catch((error: unknown) => {
    if (UserError.isInstance(error)) throw error;
    throw new UserError(
      `Namespace ${namespace}: its search attributes cannot be read (${messageOf(error)}); let somebody who may do so run:\n  ` +
        registerCommands(namespace, NAMES),
    );
  });
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, TYPE_CODES[SEARCH_ATTRIBUTES[name]]])),
    });
  } catch (error) {
    // Another worker may have registered them at the same moment.
    const still = await missingAttributes(connection, namespace).catch(() => missing);
    if (still.length === 0) return;
    throw new UserError(
      `Namespace ${namespace}: search attributes are missing and may not be registered from here (${messageOf(error)}); run:\n  ` +
        registerCommands(namespace, still),
    );
  }
}

async function ensureRetention({ workflowService }: NamespaceConnection, namespace: string): Promise<void> {
  const { config } = await workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    throw new UserError(
      `Namespace ${namespace} cannot be read (${messageOf(error)}); make it, or name another:\n  ` +
        `temporal operator namespace create -n ${namespace} --retention ${RETENTION_HOURS}h`,
    );
  });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  if (seconds >= RETENTION_HOURS * 3600) return;
  try {
    await workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_HOURS * 3_600_000) },
    });
  } catch (error) {
    throw new UserError(
      `Namespace ${namespace} keeps finished runs for ${seconds / 3600} h, and that may not be changed from here ` +
        `(${messageOf(error)}); run:\n  temporal operator namespace update -n ${namespace} --retention ${RETENTION_HOURS}h`,
    );
  }
}

/**
 * Makes a namespace fit for the flywheel: the five search attributes are registered and finished runs are kept for at
 * least 720 hours. What is missing is added where we may; where we may not, throws a UserError with the exact commands.
 */
export async function ensureNamespace(connection: NamespaceConnection, namespace: string): Promise<void> {
  await ensureRetention(connection, namespace);
  await ensureAttributes(connection, namespace);
}
