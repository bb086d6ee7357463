import { gateDecision, gateStatistic, type GateGame } from '../src/arena/gate';
import { brokenFloors } from '../src/benchmarks/floors';
import { UserError } from '../src/errors';
import { loadArena } from '../src/store/arenas';
import { loadCheckpoint } from '../src/store/artifacts';
import { metricsOf } from '../src/store/benchmarks';
import { gamesOfArenas } from '../src/store/games';
import { saveGate, settledGate, settleGate } from '../src/store/results';
import type { GateResult, ModelRef, Place } from '../workflows/types';
import { asActivity, finalFailure, runOf } from './context';
import type { Deps } from './deps';

export interface GateRequest {
  run: string;
  place: Place;
  arena: string;
  candidate: ModelRef;
  opponent: ModelRef;
}

export function createGateActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Decides between a candidate and its like by their games on the gate's prompts (design §1, gate); what the operator has decided stays. */
    decideGate: ({ run, place, arena: id, candidate, opponent }: GateRequest): Promise<GateResult> =>
      asActivity(async () => {
        const { config } = await runOf(deps, run);
        const arena = await loadArena(pool, id);
        const player = (await loadCheckpoint(pool, candidate.checkpoint))?.player;
        if (!arena || !player) throw finalFailure('UnknownArena', new Error(`The gate ${id} has not been played.`));
        const games = (await gamesOfArenas(pool, [id])).map(({ prompt, first, verdict }): GateGame => {
          const score = verdict === 'tie' ? 0.5 : verdict === 'win' ? 1 : 0;
          return { prompt, score: first === player ? score : 1 - score };
        });
        if (games.length === 0)
          throw new UserError(`The gate ${id} has no readable game: look at the evaluation judge's answers.`);
        const decided = gateDecision(gateStatistic(games), config.gate);
        const measured = await Promise.all([candidate, opponent].map(({ checkpoint }) => metricsOf(pool, checkpoint)));
        const broken = brokenFloors(config.gate.floors, measured[0] ?? new Map(), measured[1] ?? new Map());
        const { mean, lower, upper, prompts } = decided;
        const decision = broken.length > 0 ? 'keep' : decided.decision;
        const sentence =
          broken.length > 0
            ? `Kept the opponent: ${broken.join('; ')}. In battles: ${decided.sentence}`
            : decided.sentence;
        const result: GateResult = {
          candidate: candidate.label,
          opponent: opponent.label,
          mean,
          lower,
          upper,
          prompts,
          drawn: config.gate.prompts,
          decision,
          sentence,
        };
        const { round, stage, attempt } = place;
        await saveGate(pool, { arena: id, run, round, stage, attempt, ...result, games: games.length });
        const settled = await settledGate(pool, id);
        return settled ? { ...result, ...settled, settled: true } : result;
      }),

    /** Notes what the operator decided where the rule asked. */
    settleGate: ({
      arena,
      decision,
      sentence,
    }: {
      arena: string;
      decision: 'promote' | 'keep';
      sentence: string;
    }): Promise<void> => asActivity(() => settleGate(pool, arena, decision, sentence)),
  };
}
