import { setTimeout as sleep } from 'node:timers/promises';
import { stepsOf } from './job';
import type { Stand } from './stand';

/** A run of scripted parts takes some 15 s to its end, one with real training or on a busy machine minutes. */
const MOMENT_SECONDS = 400;

/** Waits until something is seen of a run. @throws Error where it is not seen in time. */
export async function until(what: string, isSeen: () => Promise<boolean>, seconds = MOMENT_SECONDS): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isSeen().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what} was not seen in ${seconds} s`);
    await sleep(8);
  }
}

async function holds({ pool }: Stand, condition: string): Promise<boolean> {
  const { rows } = await pool.query<{ seen: boolean }>(`select (${condition}) as seen`);
  return rows[0]?.seen === true;
}

type Moment = (stand: Stand) => Promise<void>;

/** So many answers of the first stage's battles stand. */
export const answering: Moment = (stand) =>
  until('an answer', () =>
    holds(
      stand,
      `(select count(*) from answers where created_at > (select created_at from arenas where stage = 'sft' and purpose = 'training')) >= 5`,
    ),
  );

/** A player has answered so many prompts. */
export const answeredBy =
  (name: string, answers: number): Moment =>
  (stand) =>
    until(`${answers} answers of ${name}`, () =>
      holds(stand, `(select count(*) from answers join players on id = player where name = '${name}') >= ${answers}`),
    );

/** So many games of an arena are judged. */
export const judging =
  (stage: string, purpose: 'training' | 'gate' | 'evaluation', games = 10): Moment =>
  (stand) =>
    until(`judging of ${stage}'s ${purpose}`, () =>
      holds(
        stand,
        `(select count(*) from games where created_at > (select created_at from arenas where stage = '${stage}' and purpose = '${purpose}')) >= ${games}`,
      ),
    );

/** A training job has taken so many steps. */
export const trained =
  (label: string, steps = 8): Moment =>
  (stand) =>
    until(`step ${steps} of ${label}`, async () => (await stepsOf(stand, label)).length >= steps);

/** The run goes on in another execution than the one that was started. */
export const continuedAsNew: Moment = async (stand) => {
  const { firstExecutionRunId } = stand.run() as { firstExecutionRunId?: string };
  await until('continue-as-new', async () => (await stand.run().describe()).runId !== firstExecutionRunId);
};

/** Holds back writes to a table, so that a moment too short to be met lasts; `act` is done when a write waits for the table. */
export async function whileWriting(
  stand: Stand,
  table: 'datasets' | 'ledger',
  act: () => Promise<void>,
): Promise<void> {
  const lock = await stand.pool.connect();
  try {
    await lock.query('begin');
    await lock.query(`lock table ${table} in share mode`);
    await until(`a write to ${table}`, () =>
      holds(stand, `exists (select from pg_locks where relation = '${table}'::regclass and not granted)`),
    );
    await act();
  } finally {
    await lock.query('rollback');
    lock.release();
  }
}
