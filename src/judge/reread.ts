import { z } from 'zod';
import { UserError } from '../errors';
import type { Db } from '../store/bulk';
import { gameKey } from '../store/games';
import { allJudges, gameTexts, rewriteGames, type GamePlace, type StoredText } from '../store/rejudged';
import { juryGame } from './bench';
import { readGame } from './judge';
import type { Said } from './jury';
import { judgeTemplateSchema } from './template';
import { templateOf } from './templates';

const identity = z.union([
  z.object({ rule: z.enum(['majority', 'mean']), jury: z.array(z.string()) }),
  z.object({ template: z.union([z.string(), judgeTemplateSchema]) }),
]);

/** A stored game whose reading changed: before and after. */
export interface ChangedGame {
  judge: string;
  before: StoredText;
  after: StoredText;
}

type Identity = z.output<typeof identity>;

export interface StoredJudges {
  /** @throws UserError for a judge whose template is not known. */
  identityOf(judge: string): Identity;
  /** What people call it; its id where it is not stored. */
  nameOf(judge: string): string;
  /** The juries that a judge sits on. */
  juriesOf(judge: string): string[];
}

export async function loadJudges(db: Db): Promise<StoredJudges> {
  const rows = await allJudges(db);
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const read = new Map(rows.map((row) => [row.id, identity.safeParse(row.identity).data]));
  return {
    identityOf(id) {
      const known = read.get(id);
      if (known) return known;
      throw new UserError(
        `The judge ${nameOf(id)} is stored without its template, so that its texts cannot be read again. Leave this run as it is, or start it anew.`,
      );
    },
    nameOf,
    juriesOf: (judge) =>
      [...read].flatMap(([id, known]) => (known && 'jury' in known && known.jury.includes(judge) ? [id] : [])),
  };
}

/**
 * Reads stored texts of a judge with the current parser and writes what changed. A jury's games are derived again from its
 * members' after these were read. Returns all games that changed, the members' first.
 */
export async function rereadGames(
  db: Db,
  judges: StoredJudges,
  judge: string,
  places: readonly GamePlace[],
): Promise<ChangedGame[]> {
  const known = judges.identityOf(judge);
  const games = await gameTexts(db, judge, places);
  if ('template' in known) {
    const { format } = templateOf(known.template);
    return rewrite(db, judge, games, ({ text, finishReason }) => readGame(text, finishReason, format));
  }
  const changed: ChangedGame[] = [];
  for (const member of known.jury) changed.push(...(await rereadGames(db, judges, member, places)));
  const members: Map<string, StoredText>[] = [];
  for (const member of known.jury) members.push(await gameTexts(db, member, places));
  const derived = await rewrite(db, judge, games, (game) => {
    const key = gameKey(game.prompt, game.first, game.second);
    const own = members.flatMap((texts) => texts.get(key) ?? []);
    // A jury's game is only stored after those of all its members.
    return own.length === members.length ? juryGame(known.rule, own) : game;
  });
  return [...changed, ...derived];
}

async function rewrite(
  db: Db,
  judge: string,
  games: ReadonlyMap<string, StoredText>,
  read: (game: StoredText) => Said & { text?: string },
): Promise<ChangedGame[]> {
  const changed = [...games.values()].flatMap((before) => {
    const { verdict, scoreFirst, scoreSecond, text = before.text } = read(before);
    const after = { ...before, verdict, scoreFirst, scoreSecond, text };
    return same(before, after) ? [] : [{ judge, before, after }];
  });
  if (changed.length > 0)
    await rewriteGames(
      db,
      judge,
      changed.map(({ after }) => after),
    );
  return changed;
}

/** Postgres keeps scores in single precision. */
function same(one: StoredText, other: StoredText): boolean {
  const equal = (a: number | null, b: number | null) =>
    a === null || b === null ? a === b : Math.fround(a) === Math.fround(b);
  return (
    one.verdict === other.verdict &&
    equal(one.scoreFirst, other.scoreFirst) &&
    equal(one.scoreSecond, other.scoreSecond) &&
    one.text === other.text
  );
}
