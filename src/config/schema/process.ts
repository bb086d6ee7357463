import { z } from 'zod';
import { argumentList, count, passEnv } from './values';

const groupName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"')
  .describe('One of `groups`.');

/** What comes and goes on a machine that cannot hold everything at once. */
export const managedProcess = z
  .strictObject({
    group: z
      .strictObject({ name: groupName, units: count })
      .describe('What it takes of a machine while it runs, such as {name: node1, units: 8}.'),
    start: argumentList
      .nullable()
      .default(null)
      .describe(
        'Starts it, where it is needed. Without `stop` the command runs as long as the server; null: nothing is to be started.',
      ),
    stop: argumentList
      .nullable()
      .default(null)
      .describe('Ends it, where `start` only launches it and returns; null: the process of `start` is ended.'),
    ready: argumentList
      .nullable()
      .default(null)
      .describe('Exit code 0 when it is ready; null: when its addresses answer /models.'),
    readySeconds: z.number().gt(0).default(600).describe('How long that may take.'),
    passEnv,
  })
  .nullable()
  .default(null)
  .describe('Runs only while it is needed, see docs/groups.md; null: it is always there.');

export const groups = z
  .record(groupName, count)
  .default({})
  .describe('Machines that cannot hold everything at once, each with its units, such as GPUs: {node1: 8}.');
