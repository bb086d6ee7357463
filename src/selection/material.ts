import type { Pool } from 'pg';
import { loadAnswers } from '../store/answers';
import { loadScoredBattles, type Arena } from '../store/arenas';
import { groupsOf, type Group } from './groups';
import { countTokens } from './length';
import { EVERY_RULE, unfitReason, type FitnessRules, type UnfitReason } from './unfit';

/** What selection needs to know of an answer. Its text is read again when it becomes a row: texts of a whole arena are not held. */
export interface AnswerFacts {
  tokens: number;
  /** Why it may not be chosen; null where it may. */
  unfit: UnfitReason | null;
}

/** How many answers there are, and how many have which fault, whether the settings mind it or not. */
export type AnswerCounts = { answers: number } & Record<UnfitReason, number>;

export const noAnswers = (): AnswerCounts => ({ answers: 0, empty: 0, truncated: 0, refusal: 0, namesMaker: 0 });

export interface Material {
  groups: Group[];
  /** Groups that are left out because a battle of theirs is invalid, failed or was not played. */
  incomplete: number;
  /** The answers of the groups. */
  answers: AnswerCounts;
  facts(player: string, prompt: string): AnswerFacts;
}

/** Battles that are read at once, and pages that Postgres works on while one is looked at. */
const [PAGE, AHEAD] = [6000, 2];
const MISSING: AnswerFacts = { tokens: 0, unfit: 'empty' };

/** Reads an arena's battles with what their answers are like, some prompts at a time. */
export async function loadMaterial(pool: Pool, arena: Arena, fitness: FitnessRules): Promise<Material> {
  const groups: Group[] = [];
  const known = new Map<string, Map<string, AnswerFacts>>();
  const once = createInterner();
  const counts = noAnswers();
  let incomplete = 0;
  for await (const { battles, answers } of pagesOf(pool, arena)) {
    for (const battle of battles) {
      battle.a = once(battle.a);
      battle.b = once(battle.b);
      battle.outcome = battle.outcome && once(battle.outcome);
    }
    const page = groupsOf(battles);
    incomplete += page.incomplete;
    for (const group of page.groups) {
      groups.push(group);
      known.set(group.prompt, new Map());
    }
    for (const { prompt, player, text, finishReason } of answers.values()) {
      const own = known.get(prompt);
      if (!own) continue;
      const fault = unfitReason({ text, finishReason }, EVERY_RULE);
      counts.answers += 1;
      if (fault !== null) counts[fault] += 1;
      const unfit = fault === null ? null : unfitReason({ text, finishReason }, fitness);
      own.set(once(player), { tokens: countTokens(text), unfit });
    }
  }
  return { groups, incomplete, answers: counts, facts: (player, prompt) => known.get(prompt)?.get(player) ?? MISSING };
}

async function* pagesOf(pool: Pool, arena: Arena) {
  const coming: ReturnType<typeof readPage>[] = [];
  try {
    for (let from = 0; from < arena.size; from += PAGE) {
      coming.push(readPage(pool, arena, from));
      if (coming.length > AHEAD) yield await coming.shift()!;
    }
    while (coming.length > 0) yield await coming.shift()!;
  } finally {
    // After a failure nobody waits for the other pages: theirs must not end the process.
    await Promise.allSettled(coming);
  }
}

async function readPage(pool: Pool, arena: Arena, from: number) {
  const battles = await loadScoredBattles(pool, arena, from, from + PAGE);
  const players = new Map<string, Set<string>>();
  for (const { prompt, a, b } of battles) {
    const own = players.get(prompt);
    if (own) own.add(a).add(b);
    else players.set(prompt, new Set([a, b]));
  }
  const keys = [...players].flatMap(([prompt, own]) => [...own].map((player) => [player, prompt] as const));
  return { battles, answers: await loadAnswers(pool, keys) };
}

/** Names that come again with every battle: one text for each is enough. */
function createInterner(): <Name extends string>(name: Name) => Name {
  const known = new Map<string, string>();
  return <Name extends string>(name: Name) => {
    const found = known.get(name) as Name | undefined;
    if (found === undefined) known.set(name, name);
    return found ?? name;
  };
}
