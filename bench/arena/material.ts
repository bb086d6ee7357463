import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

/** 120 words of prose, of which prompts and answers are made. */
const WORDS =
  `the harbour town kept a ledger of every ship that came in and of every barrel that left the quay while visitors learn how little was certain winds failed prices fell overnight
a captain promised more than his voyage could hold clerks wrote down what they saw beside it what they were told nobody noted who taught whom to read tides or why one family lent money
through three bad winters historians count barrels compare hands ask of each figure who had reason to make it larger trade grew by about a third in forty years then half was lost
after the fire rebuilt streets were not those that burned`.split(/\s+/);

/** A text of about so many characters that belongs to its number. */
function prose(number: number, characters: number): string {
  let state = (number * 2_654_435_761 + 12_345) >>> 0;
  let text = '';
  while (text.length < characters) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += `${WORDS[(state >>> 8) & 0x7f] ?? 'tide'} `;
  }
  return text.trimEnd();
}

/** Characters of a prompt and of an answer: a judge's request then has about 2 KB, as in shared/notes/temporal-measured.md. */
const LENGTH = { prompt: 300, answer: 600 };

/** Files of an arena: prompts, and one file of recorded answers for each player. */
export interface Material {
  prompts: string;
  answers: string[];
}

export interface MaterialShape {
  prompts: number;
  players: number;
  /** Strengths lie evenly from -spread to spread, in log odds. */
  spread?: number;
  /** How far an answer lies from its player's strength: a standard deviation, drawn for each prompt. */
  effect?: number;
}

/** A number of about a standard normal's spread that belongs to its number: the sum of uniform ones. */
function drawn(number: number): number {
  let state = (Math.imul(number + 1, 0x9e3779b1) ^ 0x85ebca6b) >>> 0;
  let sum = 0;
  for (let at = 0; at < 12; at++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    sum += state / 2 ** 32;
  }
  return sum - 6;
}

export async function writeMaterial(folder: string, shape: MaterialShape): Promise<Material> {
  const { prompts, players, spread = 1, effect = 0 } = shape;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'prompts.jsonl');
  await writeLines(file, prompts, (at) =>
    JSON.stringify({ id: `p${at}`, prompt: `Case ${at}: ${prose(at, LENGTH.prompt)}?` }),
  );
  const answers: string[] = [];
  for (let player = 0; player < players; player++) {
    const path = join(folder, `player-${player}.jsonl`);
    const strength = players === 1 ? 0 : ((2 * player) / (players - 1) - 1) * spread;
    await writeLines(path, prompts, (at) => {
      const q = (strength + effect * drawn(at * 977 + player)).toFixed(3);
      return JSON.stringify({ id: `p${at}`, answer: `q=${q} ${prose(at * 131 + player + 7, LENGTH.answer)}.` });
    });
    answers.push(path);
  }
  return { prompts: file, answers };
}

async function writeLines(file: string, count: number, line: (at: number) => string): Promise<void> {
  const stream = createWriteStream(file);
  for (let at = 0; at < count; at++) if (!stream.write(`${line(at)}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'finish');
}
