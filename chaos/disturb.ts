import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../bench/bench';
import { messageOf } from '../src/errors';
import { trainTinyBase, writeFakeBase, writePrompts } from '../test/support/tiny';
import { chaosConfig, IN_FLIGHT_MOST, PROMPTS, type RunFiles, type Shape } from './config';
import type { Fault } from './fault';
import type { Servers } from './servers';
import { audit, differences, otherAnswers, snapshot, type Snapshot } from './snapshot';
import { openStand, type Stand } from './stand';

/** A run takes some seconds, with real training or on a busy machine minutes; one that is not at its end after so long is stuck. */
const STUCK_SECONDS = 600;

/** Waits until the run is complete. @throws Error where it ended otherwise, waits for a decision, or does not end. */
async function completed(stand: Stand): Promise<void> {
  const deadline = Date.now() + STUCK_SECONDS * 1000;
  for (;;) {
    const status = await stand
      .run()
      .describe()
      .then(
        ({ status: { name } }) => name,
        () => 'UNREACHABLE',
      );
    if (status === 'COMPLETED') return;
    if (status !== 'RUNNING' && status !== 'UNREACHABLE') throw new Error(`the run ended as ${status}`);
    if (Date.now() > deadline) {
      const where = await stand.progress().then(
        ({ status: state, stage, step, lastProblem }) =>
          `${state}, ${stage}, ${step}, ${lastProblem ?? 'no problem told'}`,
        (error: unknown) => messageOf(error),
      );
      throw new Error(`stuck (${where})`);
    }
    await sleep(50);
  }
}

/** What gives faults to runs, and compares each with an undisturbed run of the same seed. */
export function createChaos(servers: Servers, root: string, seed: number) {
  mkdirSync(root, { recursive: true });
  const prompts = {
    pool: writePrompts(join(root, 'pool.jsonl'), PROMPTS.pool, 'train'),
    test: writePrompts(join(root, 'test.jsonl'), PROMPTS.test, 'test'),
  };
  const bases = new Map<Shape['trainer'], Promise<string>>();
  const references = new Map<string, Promise<Snapshot>>();
  let stands = 0;

  async function filesOf({ trainer }: Shape): Promise<RunFiles> {
    const folder = join(root, `base-${trainer}`);
    const base =
      bases.get(trainer) ?? (trainer === 'real' ? trainTinyBase(folder) : Promise.resolve(writeFakeBase(folder)));
    bases.set(trainer, base);
    return { ...prompts, base: await base };
  }

  /** A run from its start to its end, with what happens on the way. */
  async function play<T>(
    shape: Shape,
    { give, stand: options = {} }: Pick<Fault, 'give' | 'stand'>,
    look: (stand: Stand) => Promise<T>,
  ): Promise<T> {
    const stand = await openStand(servers, root, String(++stands), shape, options);
    try {
      const worker = await stand.startWorker(options.olderBuild ? 'older' : 'today');
      await stand.start({ config: chaosConfig(shape, await filesOf(shape)) });
      await give(stand, worker);
      await completed(stand);
      return await look(stand);
    } finally {
      await stand.close();
    }
  }

  const undisturbed = (shape: Shape): Promise<Snapshot> => {
    const key = JSON.stringify(shape);
    const known =
      references.get(key) ??
      play(shape, { give: () => Promise.resolve() }, async (stand) => {
        const { repeated } = await stand.repeats();
        const faults = await audit(stand.pool);
        if (repeated > 0) faults.push(`${repeated} calls repeated`);
        if (faults.length > 0) throw new Error(`the undisturbed run is not sound: ${faults.join('; ')}`);
        return snapshot(stand.pool, shape);
      });
    references.set(key, known);
    return known;
  };

  /** One row: the figure is the calls that were made again. */
  return async (fault: Fault): Promise<Row> => {
    const { name, goal, shape, countsCalls = true, isUndone = true, check, skip } = fault;
    const why = skip?.() ?? null;
    if (why !== null) return { name, goal, figure: 0, unit: 'calls repeated', ok: null, note: `skipped: ${why}` };
    const whole: Shape = { seed, rounds: 1, trainer: 'scripted', serving: 'scripted', ...shape };
    try {
      const reference = await undisturbed(whole);
      return await play(whole, fault, async (stand) => {
        const { repeated, inFlight, inHand } = await stand.repeats();
        const found = await snapshot(stand.pool, whole);
        const wrong = isUndone ? [...(await audit(stand.pool)), ...differences(reference, found)] : [];
        wrong.push(...((await check?.(stand)) ?? []));
        if (countsCalls && inHand > IN_FLIGHT_MOST)
          wrong.push(`${inHand} calls in flight, ${IN_FLIGHT_MOST} are allowed at once`);
        if (countsCalls && repeated > inFlight) wrong.push(`${repeated} calls repeated, ${inFlight} were in flight`);
        const notes = [
          ...(countsCalls ? [`at most ${inFlight} in flight`] : []),
          ...(whole.serving === 'local' ? [otherAnswers(reference, found)] : []),
        ];
        const note = (wrong.length > 0 ? wrong : notes).join('; ');
        return { name, goal, figure: repeated, unit: 'calls repeated', ok: wrong.length === 0, note };
      });
    } catch (error) {
      return { name, goal, figure: 0, unit: 'calls repeated', ok: false, note: messageOf(error) };
    }
  };
}
