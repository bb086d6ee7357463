import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ArenaRequest } from '../activities/plan-arena';
import type { BatchRequest } from '../activities/play';
import type { Flow } from './flow';
import { patched } from './patches';
import type { ArenaReport, PlannedArena } from './types';

/**
 * Plays an arena: a sliding window of batches, each a range of planned battles. Paused, nothing new starts; what cannot
 * go on parks the run. Returns the arena's id and its counts.
 */
export async function playArena(
  flow: Flow,
  what: string,
  request: Omit<ArenaRequest, 'run'>,
): Promise<ArenaReport & { arena: string }> {
  const { run } = flow.plan();
  await flow.untilRunning();
  const planned = await flow.persist(`plan ${what}`, () =>
    flow.run('quick', `plan ${what}`).planArena({ ...request, run }),
  );
  const { arena } = planned;
  const grows = request.purpose === 'evaluation' && flow.plan().evaluation.adaptive;
  let { battles } = planned;
  // A step that goes on in a new history comes by its earlier arenas again. Walked each time, long ones would leave no room for the rest.
  let played = hasPlayed(flow, arena) ? battles : 0;
  for (;;) {
    const whole = await playAll(flow, planned, { what, from: played, total: battles });
    const report = await flow.persist(`count ${what}`, () => flow.run('quick', `count ${what}`).reportArena({ arena }));
    const problem = report.maySkip && flow.hasAccepted(arena) ? null : report.problem;
    if (problem !== null) {
      const decided = await flow.park(`${what}: ${problem}`, [
        'retry',
        ...(report.maySkip ? (['promote'] as const) : []),
        'stop',
      ]);
      played = 0;
      if (decided === 'promote') {
        flow.accept(arena);
        played = battles;
      } else await flow.run('note', `play the failed ${what} again`).reopenArena({ arena });
    } else if (whole) {
      played = battles;
      if (grows) {
        const next = `plan what is still uncertain in ${what}`;
        ({ battles } = await flow.persist(next, () => flow.run('quick', next).growArena({ run, arena })));
      }
      if (battles === played) {
        notePlayed(flow, arena);
        return { arena, ...report };
      }
    }
  }
}

/** Whether the step in progress has played an arena to its end before: a step that is done again does not walk it again. */
const hasPlayed = (flow: Flow, arena: string): boolean =>
  (flow.state().played?.includes(arena) ?? false) && patched('played-once');

const notePlayed = (flow: Flow, arena: string): void =>
  flow.update({ played: [...new Set(flow.state().played).add(arena)] });

/** Forgets how far an arena is played. How far a later one is, is kept: its turn comes again. */
function forgetCursor(flow: Flow, arena: string): void {
  const { cursor } = flow.state();
  if (cursor && (cursor.arena === arena || !patched('played-once'))) flow.update({ cursor: null });
}

/** Battles from a position, to before `total`. */
interface Range {
  what: string;
  from: number;
  total: number;
}

/**
 * Plays battles to their end: once, or in phases, with the answers of one player after the other and the games at last. Returns
 * false where it stopped before, because so many battles have failed that the rest would only cost time: an endpoint is down.
 */
async function playAll(flow: Flow, planned: PlannedArena, { what, from, total }: Range): Promise<boolean> {
  const { arena } = planned;
  const { cursor } = flow.state();
  const known = cursor?.arena === arena ? cursor : null;
  // Of one pass: a battle that fails both of its players fails in the passes of both, and is one all the same.
  let failed = 0;
  const tooMany = () => failed > flow.plan().maxFailedShare * total;
  const watch = { onFailed: (count: number) => (failed += count), mayGoOn: () => !tooMany() };
  const passes = passesOf(planned, what);
  let position = known?.position ?? from;
  let number = known?.phase ?? 0;
  for (; number < passes.length && !tooMany(); number++) {
    if (position >= total) position = from;
    failed = 0;
    const pass = passes[number]!;
    flow.say(`playing ${pass.what}`, position, total);
    while (position < total && !tooMany()) {
      await flow.untilRunning();
      const { next, failure } = await playWindow(flow, planned, { ...pass, from: position, total }, watch);
      position = next;
      if (failure) {
        await flow.parkFor(pass.what, failure);
        flow.say(`playing ${pass.what}`, position, total);
      }
      if (workflowInfo().continueAsNewSuggested && position < total) {
        flow.update({ cursor: { arena, phase: number, position } });
        await flow.renew();
      }
    }
  }
  forgetCursor(flow, arena);
  return number === passes.length && position >= total;
}

/** One walk over the battles. */
interface Pass {
  what: string;
  phase?: BatchRequest['phase'];
}

function passesOf({ phases = [] }: PlannedArena, what: string): Pass[] {
  if (phases.length === 0) return [{ what }];
  return [
    ...phases.map(({ player, name }) => ({ what: `${what}: answers of ${name}`, phase: { answersOf: player } })),
    { what: `${what}: games`, phase: 'games' },
  ];
}

interface Window {
  /** Position before which all is played. */
  next: number;
  failure: unknown;
}

interface Watch {
  onFailed: (battles: number) => void;
  mayGoOn: () => boolean;
}

/** Keeps the window full until all is played, the run is paused, a batch fails, or the history is long enough; then drains it. */
async function playWindow(
  flow: Flow,
  { arena, batch, window = 4 }: PlannedArena,
  { what, phase, from, total }: Pass & Range,
  { onFailed, mayGoOn }: Watch,
): Promise<Window> {
  let next = from;
  let inFlight = 0;
  // The earliest failed batch is where the next window starts: later ones cost nothing when they are repeated.
  const failed: { from: number; error: unknown }[] = [];
  const mayStart = () =>
    next < total && failed.length === 0 && mayGoOn() && !flow.state().paused && !workflowInfo().continueAsNewSuggested;

  const start = (begin: number, end: number) => {
    inFlight++;
    flow
      .run('batch', `${what}: battles ${begin + 1} to ${end} of ${total}`)
      .playBatch({ arena, from: begin, to: end, ...(phase && { phase }) })
      .then(
        (result) => {
          onFailed(result.failed);
          flow.advance(result);
        },
        (error: unknown) => failed.push({ from: begin, error }),
      )
      .finally(() => inFlight--);
  };
  try {
    while (mayStart() || inFlight > 0) {
      while (mayStart() && inFlight < window) {
        start(next, Math.min(next + batch, total));
        next = Math.min(next + batch, total);
      }
      await condition(() => inFlight === 0 || (mayStart() && inFlight < window));
    }
  } catch (error) {
    // Cancelled: each batch in flight ends by itself, with all that had arrived stored.
    await CancellationScope.nonCancellable(() => condition(() => inFlight === 0));
    throw error;
  }
  const first = failed.sort((a, b) => a.from - b.from)[0];
  if (first && isCancellation(first.error)) throw first.error;
  return { next: first?.from ?? next, failure: first?.error ?? null };
}
