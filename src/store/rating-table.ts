import type { Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createTable, type BattleTable } from '../arena/battle-table';
import { createByteNames } from '../arena/read/byte-names';
import { feed, type TakeRecords } from '../arena/read/source';
import type { TableBuilder } from '../arena/battle-table';

const TAB = 0x09;
const FEED = 0x0a;
const ONE = 0x31;
/** Initials of a verdict, as twice what player a scored. */
const OUTCOME: Readonly<Record<number, number>> = { 0x77: 2, 0x74: 1, 0x6c: 0 };

/**
 * The readable games of some arenas as battles of weight ½, clustered by prompt, from COPY's bytes: a million battles in about a
 * second. `nameOf` gives the name of a player's id.
 */
export async function ratingTable(
  pool: Pool,
  arenas: readonly string[],
  nameOf: (player: string) => string,
): Promise<BattleTable> {
  const client = await pool.connect();
  try {
    const literals = arenas.map((arena) => client.escapeLiteral(arena)).join(', ');
    // COPY takes no parameters.
    const stream = client.query(
      copyTo(
        `copy (select player_a, player_b, prompt, verdicts, weight from battles
                where arena in (${literals || 'null'}) and outcome not in ('invalid', 'failed')) to stdout`,
      ),
    );
    const players = createByteNames();
    const prompts = createByteNames();
    const table = createTable(players, prompts);
    await feed(stream, rows(table, players, prompts), 'battles');
    const built = table.finish();
    return { ...built, models: built.models.map(nameOf) };
  } finally {
    client.release();
  }
}

type Names = ReturnType<typeof createByteNames>;

/** COPY's text form: fields between tabs; ids hold nothing that it would escape. */
function rows(table: TableBuilder, players: Names, prompts: Names): TakeRecords {
  /** Ids are hashes of one length, so that the next tab is mostly where it was. */
  let length = 0;
  const tab = (bytes: Buffer, from: number): number => {
    if (bytes[from + length] === TAB && length > 0) return from + length;
    const found = bytes.indexOf(TAB, from);
    if (found >= 0) length = found - from;
    return found;
  };
  return (bytes) => {
    for (let at = 0; ;) {
      const one = tab(bytes, at);
      const two = one < 0 ? -1 : tab(bytes, one + 1);
      const three = two < 0 ? -1 : tab(bytes, two + 1);
      const end = three < 0 ? -1 : bytes.indexOf(FEED, three + 1);
      if (end < 0) return at;
      const a = players.ofBytes(bytes, at, one);
      const b = players.ofBytes(bytes, one + 1, two);
      const prompt = prompts.ofBytes(bytes, two + 1, three);
      // Behind the verdicts and a tab; 1 but for the battles of resting pairs.
      const isOne = end === three + 5 && bytes[three + 4] === ONE;
      const weight = isOne ? 0.5 : Number(bytes.toString('latin1', three + 4, end)) / 2;
      table.add(a, b, OUTCOME[bytes[three + 1]!]!, prompt, weight, undefined);
      table.add(a, b, OUTCOME[bytes[three + 2]!]!, prompt, weight, undefined);
      at = end + 1;
    }
  };
}
