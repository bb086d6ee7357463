import type { z } from '@hono/zod-openapi';
import { namesOf } from '../../report/counts';
import {
  answersTo,
  arenasOfRun,
  battlePage,
  categoryCounts,
  loadBattle,
  type BattleCursor,
  type BattleRow as StoredRow,
} from '../../store/battle-pages';
import { datasetsOf } from '../../store/artifacts';
import { traceBattles, tracePrompt } from '../../store/lineage';
import type { DashboardDeps } from '../deps';
import type { MadeRow } from '../heavy/rows-of-battle';
import { NotThere } from '../route';
import type { Answer, Battle, BattleChoices, battleQuery, BattleRow, Battles } from '../schemas/battles';
import { playerNamed, soonOfRuns, storedRun } from './of-run';
import { textOf } from './text';

const VERDICTS = { w: 'win', l: 'loss', t: 'tie', i: 'invalid' } as const;
const CHOICES_MS = 30_000;

export const battleId = ({ arena, position }: BattleCursor) => `${arena}#${position}`;

/** A run's id is free text: the position stands behind the last #. */
export function battleAt(id: string): BattleCursor {
  const at = id.lastIndexOf('#');
  const position = Number(id.slice(at + 1));
  if (at > 0 && /^\d+$/.test(id.slice(at + 1)) && Number.isSafeInteger(position))
    return { arena: id.slice(0, at), position };
  throw new NotThere(`${JSON.stringify(id)} names no battle: a battle is written ARENA#POSITION.`);
}

/** A page of battles. */
export async function readBattles(
  deps: DashboardDeps,
  id: string,
  { after, limit, player, opponent, ...rest }: z.infer<typeof battleQuery>,
): Promise<Battles> {
  const run = await storedRun(deps, id);
  const names = await namesOf(deps.pool, run);
  const idOf = (name: string | undefined) => (name === undefined ? null : playerNamed(names, id, name));
  const { battles, next } = await battlePage(
    deps.pool,
    id,
    {
      player: idOf(player),
      opponent: player === undefined ? null : idOf(opponent),
      arena: rest.arena ?? null,
      purpose: rest.purpose ?? null,
      outcome: rest.outcome ?? null,
      category: rest.category ?? null,
      margin: rest.margin ?? null,
    },
    { after: after === undefined ? null : battleAt(after), limit },
  );
  return { battles: battles.map((row) => rowOf(row, names)), next: next && battleId(next) };
}

function rowOf(row: StoredRow, names: ReadonlyMap<string, string>): BattleRow {
  const { arena, prompt, asked, outcome, margin, problem, category } = row;
  return {
    ...{ id: battleId(row), arena, prompt, asked, outcome, margin, problem, category },
    a: names.get(row.playerA) ?? row.playerA,
    b: names.get(row.playerB) ?? row.playerB,
    games: Array.from(row.verdicts ?? '').map((initial) => VERDICTS[initial as keyof typeof VERDICTS]),
  };
}

export async function readBattleChoices(deps: DashboardDeps, id: string): Promise<BattleChoices> {
  const run = await storedRun(deps, id);
  const arenas = await arenasOfRun(deps.pool, id);
  const names = await namesOf(deps.pool, run);
  return {
    arenas: arenas.map(({ judgeName, purpose, ...arena }) => ({
      ...arena,
      purpose: purpose as BattleChoices['arenas'][number]['purpose'],
      judge: judgeName,
    })),
    players: [...new Set(names.values())].sort(),
    categories: await soonOfRuns(deps, [run], `categories of ${arenas.length} arenas`, {
      compute: () =>
        categoryCounts(
          deps.pool,
          arenas.map((arena) => arena.id),
        ),
      staleMs: CHOICES_MS,
    }),
  };
}

/** Training rows that a battle became; datasets of other hosts are brought here first. */
async function madeRows({ pool, artifacts, heavy }: DashboardDeps, run: string, battle: string): Promise<MadeRow[]> {
  for (const { path } of await datasetsOf(pool, run)) await artifacts.fetchIfThere(path);
  return heavy.ask('rows', { run, battle });
}

/** One battle with all that belongs to it. */
export async function readBattle(deps: DashboardDeps, runId: string, id: string): Promise<Battle> {
  const { pool } = deps;
  const at = battleAt(id);
  const battle = await loadBattle(pool, at);
  if (battle?.run !== runId) throw new NotThere(`There is no battle ${id} in the run ${runId}.`);
  const run = await storedRun(deps, runId);
  const [names, prompt, [traced], answers, rows] = await Promise.all([
    namesOf(pool, run),
    tracePrompt(pool, battle.prompt),
    traceBattles(pool, { battles: [id] }),
    answersTo(pool, battle.prompt, [battle.playerA, battle.playerB]),
    deps.soon.get(`rows ${id}`, () => madeRows(deps, runId, id), 60_000),
  ]);
  const nameOf = (player: string) => names.get(player) ?? player;
  const byStoredName = new Map([
    [traced?.a, nameOf(battle.playerA)],
    [traced?.b, nameOf(battle.playerB)],
  ]);
  const { arena, purpose, round, stage, outcome, margin, problem } = battle;
  return {
    ...{ id, arena, purpose, round, stage, outcome, margin, problem, judge: battle.judgeName },
    prompt: {
      id: battle.prompt,
      category: prompt?.category ?? null,
      source: prompt?.source ?? '',
      originalId: prompt?.originalId ?? null,
      turns: (prompt?.messages ?? []).map(({ role, content }) => ({ role, text: textOf(content) })),
    },
    a: nameOf(battle.playerA),
    b: nameOf(battle.playerB),
    answers: answers.map(({ text, ...answer }): Answer => ({
      ...answer,
      player: nameOf(answer.playerId),
      text: textOf(text),
    })),
    games: (traced?.games ?? []).map((game) => ({
      ...game,
      first: byStoredName.get(game.first) ?? game.first,
      second: byStoredName.get(game.second) ?? game.second,
      text: textOf(game.text),
    })),
    rows,
    previous: at.position > 0 ? battleId({ arena, position: at.position - 1 }) : null,
    following: at.position + 1 < battle.size ? battleId({ arena, position: at.position + 1 }) : null,
  };
}
