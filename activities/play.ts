import { Context, log } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { Outcome } from '../src/arena/outcome';
import { messageOf } from '../src/errors';
import type { Need } from '../src/groups/need';
import { needsOf } from '../src/groups/needs';
import { NotUp } from '../src/groups/not-up';
import { seedFrom } from '../src/identity';
import { battleResult } from '../src/judge/battle';
import { createBench, type Bench } from '../src/judge/bench';
import { createJudge } from '../src/judge/judge';
import type { Attempt, ChatClient, ChatOptions } from '../src/models/chat';
import { CallError } from '../src/models/errors';
import { evaluationJudge, judgeMembers, judgeParty, memberParty, type Player } from '../src/models/roster';
import { reachOf } from '../src/models/reach';
import type { Config } from '../src/config/schema';
import { targetOf } from '../src/config/target';
import type { Prompt } from '../src/prompts/prompt';
import { asTargetSees } from '../src/selection/rows';
import { answerKey, loadAnswers, type Answer } from '../src/store/answers';
import {
  commonProblem,
  countOutcomes,
  loadArena,
  loadWholePrompts,
  reopenFailed,
  saveOutcomes,
  type Arena,
  type Battle,
  type PlayedBattle,
} from '../src/store/arenas';
import { gamesOfBattles, loadGames } from '../src/store/games';
import { loadPrompts } from '../src/store/prompts';
import { BudgetReached } from '../src/store/purse';
import type { ArenaReport, BatchResult } from '../workflows/types';
import { allEnded } from '../src/all-ended';
import { asActivity, finalFailure, runOf, waitsFor } from './context';
import type { Deps } from './deps';
import { callableOf } from '../src/models/run-roster';

export interface BatchRequest {
  arena: string;
  /** Positions of the planned battles, from `from` to before `to`. */
  from: number;
  to: number;
  /** Only the answers of one player, or only games on answers that are there; absent: all of it, each game as soon as it can be played. */
  phase?: { answersOf: string } | 'games';
}

/** Kinds of error that every further call to the endpoint would meet: the run stops at once and asks. */
const HOPELESS = ['unauthorized', 'not-found'];

/** Kinds of error that a checkpoint's server gives when it was started anew. */
const LOST = ['connection', 'not-found'];

export function createPlayActivities(deps: Deps) {
  const { store } = deps;
  const { pool } = store;

  return {
    /**
     * Plays a range of an arena's battles all the way: answers, both games, outcomes. What is stored already is not
     * bought again, and each answer and game is stored as it arrives, so that repeating a batch is harmless. In phases it does one of them.
     */
    playBatch: (request: BatchRequest): Promise<BatchResult> =>
      asActivity(async (tell) => {
        const { cancellationSignal } = Context.current();
        const arena = await arenaOf(request.arena);
        const battles = await loadWholePrompts(pool, request.arena, request.from, request.to);
        const open = battles.filter(({ outcome }) => outcome === null || outcome === 'failed');
        const { phase } = request;
        const table = await openTable(arena, open, cancellationSignal);
        let done = battles.length - open.length;
        tell(() => ({ done, of: battles.length, ...waitsFor(deps) }));
        const played: PlayedBattle[] = [];
        await Promise.all(
          open.map(async (battle) => {
            const result =
              typeof phase === 'object' ? await table.answer(battle, phase.answersOf) : await table.play(battle, phase);
            if (result) played.push(result);
            done++;
          }),
        );
        await table.billed();
        if (cancellationSignal.aborted)
          throw new CancelledFailure('The batch was cancelled; what had arrived is stored.');
        await saveOutcomes(pool, arena.id, played);
        store.watch.battles(arena, played);
        const stop = table.stopped();
        if (stop) throw CallError.isInstance(stop) ? finalFailure('EndpointRefused', stop) : stop;
        return {
          battles: battles.length,
          failed: played.filter(({ outcome }) => outcome === 'failed').length,
          ...table.spent(),
        };
      }),

    /** Counts an arena's outcomes and says whether too many battles failed or could not be read. */
    reportArena: ({ arena: id }: { arena: string }): Promise<ArenaReport> =>
      asActivity(async () => {
        const arena = await arenaOf(id);
        const { config } = await runOf(deps, arena.run);
        const counts = await countOutcomes(pool, id);
        const share = (outcome: Outcome) => (arena.size === 0 ? 0 : counts[outcome] / arena.size);
        const percent = (value: number) => `${(100 * value).toFixed(1)}%`;
        const { maxFailedShare, maxInvalidShare } = config.arena;
        const tooManyFailed = share('failed') > maxFailedShare;
        const problem = tooManyFailed
          ? `${counts.failed} of ${arena.size} battles failed (${percent(share('failed'))}, arena.maxFailedShare allows ${percent(maxFailedShare)}): ${(await commonProblem(pool, id)) ?? 'no reason was stored'}`
          : share('invalid') > maxInvalidShare
            ? `${counts.invalid} of ${arena.size} battles have an unreadable verdict (${percent(share('invalid'))}, arena.maxInvalidShare allows ${percent(maxInvalidShare)}): the judge does not keep to its template; look at what it wrote. Where this version reads it, \`npx flywheel judge reparse ${arena.run}\` and then "retry" mends it; "promote" goes on without these battles`
            : null;
        log.info(`${arena.size} battles of ${id} are played.`, {
          arena: id,
          battles: arena.size,
          counts: { ...counts },
        });
        const maySkip = problem !== null && !tooManyFailed;
        return { battles: arena.size, counts: { ...counts }, problem, ...(maySkip && { maySkip }) };
      }),

    /** Lets the failed battles of an arena be played again. */
    reopenArena: ({ arena }: { arena: string }): Promise<number> => asActivity(() => reopenFailed(pool, arena)),
  };

  async function arenaOf(id: string): Promise<Arena> {
    const arena = await loadArena(pool, id);
    if (!arena) throw finalFailure('UnknownArena', new Error(`The arena ${id} is not planned in this database.`));
    return arena;
  }

  /** What one batch shares: its prompts, players, judge, stored rows, and the bill. */
  async function openTable(arena: Arena, battles: readonly Battle[], signal: AbortSignal) {
    const { config } = await runOf(deps, arena.run);
    const prompts = await loadPrompts(pool, [...new Set(battles.map(({ prompt }) => prompt))]);
    const seats = battles.flatMap(({ prompt, playerA, playerB }) => [
      [playerA, prompt] as const,
      [playerB, prompt] as const,
    ]);
    const answers = await loadAnswers(pool, seats);
    const games = await loadGames(pool, arena.judge, gamesOfBattles(battles));
    const { players, checkpoints } = await callableOf(pool, arena.run, config);
    const serve = (id: string, again: boolean) => {
      const checkpoint = checkpoints.find((one) => one.id === id);
      if (!checkpoint) throw new Error(`the checkpoint ${id} is not stored`);
      return deps.serving.serve(checkpoint, targetOf(config).serve, again);
    };
    const needs = needsOf(config, deps);
    const bench = await benchOf(config, arena.judge, (member, client) => ({
      chat: (request, options) => whileUp(needs.judge(member), false, () => client.chat(request, options)),
    }));
    const judged = new Map([[bench.id, games]]);
    for (const { id } of bench.members)
      if (!judged.has(id)) judged.set(id, await loadGames(pool, id, gamesOfBattles(battles)));
    const bill = { calls: 0, usd: 0 };
    const entries: Promise<void>[] = [];
    const purse = await store.purses.open(pool, arena.run);
    /** Why no further call is made: the cap, an endpoint that would refuse them all, a row that could not be stored. Calls on their way end. */
    let stop: Error | null = null;
    let held = false;
    const heldBack = new Error('this batch makes no further calls');
    const admit = () => {
      if (held) throw heldBack;
      purse.admit();
    };
    /** What was bought and could not be stored is no outcome of its battle: the batch is played again. */
    const kept = <T>(row: Promise<T>): Promise<T> =>
      row.catch((error: Error) => {
        stop ??= error;
        held = true;
        throw heldBack;
      });

    const pay = (party: string) => (attempt: Attempt) => {
      bill.calls++;
      bill.usd += attempt.usd;
      purse.owe(attempt.usd);
      held ||= HOPELESS.includes(attempt.error ?? '');
      const entry = store.ledger.put({ ...attempt, run: arena.run, purpose: arena.purpose, party });
      // `billed` meets its failure; until then it must not count as unhandled and end the worker.
      entry.catch(() => undefined);
      entries.push(entry);
    };
    /** No further call is paid for while the database stands still. */
    const ready = () => store.answers.overdue() ?? store.games.overdue();
    const callOf = (party: string): ChatOptions => ({ signal, run: arena.run, admit, ready, onAttempt: pay(party) });
    /** Calls while what it needs is up. Where nobody answers at what is ours to start, it is asked once more, when it is up again. */
    const whileUp = async <T>(need: Need | null, isOurs: boolean, call: (again: boolean) => Promise<T>): Promise<T> => {
      const once = (again: boolean) => {
        // Nothing is started for a call that is not made.
        admit();
        return deps.groups.using(need, () => call(again), signal);
      };
      try {
        return await once(false);
      } catch (error) {
        if (!(isOurs || need) || !CallError.isInstance(error) || !LOST.includes(error.kind)) throw error;
        await deps.groups.doubt(need);
        return once(true);
      }
    };
    const asked = new Map<string, Promise<Answer>>();
    const answerOf = (playerId: string, prompt: Prompt): Promise<Answer> => {
      const key = answerKey(playerId, prompt.id);
      const stored = answers.get(key);
      if (stored) return Promise.resolve(stored);
      const pending = asked.get(key) ?? ask(players.get(playerId), prompt);
      asked.set(key, pending);
      return pending;
    };
    const ask = async (player: Player | undefined, prompt: Prompt): Promise<Answer> => {
      if (!player) throw new Error('a recorded player has no answer to this prompt');
      const request = {
        messages: asTargetSees(prompt.messages, player.systemPrompt),
        sampling: player.sampling,
        // The same question of the same run asks for the same sample, also after a crash.
        seed: seedFrom(config.seed, player.id, prompt.id),
      };
      const isOurs = player.kind === 'checkpoint';
      const need = isOurs ? needs.target() : needs.competitor(player.id);
      // A model server that died is started or waited for by `serve`, and one that forgot the checkpoint is told again.
      const reply = await whileUp(need, isOurs, async (again) => {
        const { reach, model } = player.reach
          ? { reach: player.reach, model: player.model }
          : await serve(player.model, again);
        const client = await deps.models.client(reach);
        return client.chat({ ...request, model }, callOf(player.id));
      });
      const { text, reasoning, finishReason, promptTokens, completionTokens } = reply;
      return kept(
        store.answers.put({
          ...{ player: player.id, prompt: prompt.id, sample: 0, text, reasoning },
          ...{ finishReason, promptTokens, completionTokens },
        }),
      );
    };
    const gameOf = createBench(bench, {
      games: (id) => judged.get(id) ?? games,
      store: (game) => kept(store.games.put(game)),
      options: (id, key) => ({ ...callOf(id), seed: seedFrom(config.seed, id, key) }),
    });

    return {
      spent: () => bill,
      /** Settles when every attempt stands in the ledger. */
      billed: () => Promise.all(entries),
      stopped: () => stop,
      /** Asks for a player's answer in a battle, where it takes part in it; an answer that cannot be had fails the battle at once. */
      answer: async (battle: Battle, player: string): Promise<PlayedBattle | null> => {
        if (battle.playerA !== player && battle.playerB !== player) return null;
        try {
          await answerOf(player, promptOf(battle));
          return null;
        } catch (error) {
          return failed(battle, error);
        }
      },
      /**
       * Plays one battle; what goes wrong is its outcome. Null: it was not played, because no further call is made, or because it failed
       * before, in the phase of a player whose answer is missing.
       */
      play: async (battle: Battle, phase?: 'games'): Promise<PlayedBattle | null> => {
        const { position, playerA, playerB } = battle;
        const missing = [playerA, playerB].some((player) => !answers.has(answerKey(player, battle.prompt)));
        if (phase === 'games' && battle.outcome === 'failed' && missing) return null;
        try {
          const prompt = promptOf(battle);
          const [a, b] = await allEnded([answerOf(playerA, prompt), answerOf(playerB, prompt)]);
          await allEnded([gameOf(prompt, a, b), gameOf(prompt, b, a)]);
          const result = battleResult(battle, games);
          if (!result) throw new Error('a game that was stored is missing');
          return { position, ...result, problem: null };
        } catch (error) {
          return failed(battle, error);
        }
      },
    };

    function promptOf(battle: Battle): Prompt {
      const prompt = prompts.get(battle.prompt);
      if (!prompt) throw new Error('the prompt is not stored');
      return prompt;
    }

    function failed({ position }: Battle, error: unknown): PlayedBattle | null {
      if (error === heldBack) return null;
      if (
        BudgetReached.isInstance(error) ||
        NotUp.isInstance(error) ||
        (CallError.isInstance(error) && HOPELESS.includes(error.kind))
      ) {
        stop ??= error;
        return null;
      }
      return { position, outcome: 'failed', margin: null, verdicts: null, problem: messageOf(error).slice(0, 300) };
    }
  }

  async function benchOf(
    config: Config,
    id: string,
    clientFor: (member: string, client: ChatClient) => ChatClient,
  ): Promise<Bench> {
    const settings = [config.judge, evaluationJudge(config)].find((judge) => judgeParty(judge).id === id);
    if (!settings)
      throw finalFailure(
        'UnknownJudge',
        new Error(`The judge ${id} of this arena is not in the configuration any more.`),
      );
    const members = await Promise.all(
      judgeMembers(settings).map(async (member) =>
        createJudge({
          ...member,
          client: clientFor(memberParty(member).id, await deps.models.client(reachOf(member))),
        }),
      ),
    );
    return { id, rule: settings.jury?.rule ?? null, members };
  }
}
