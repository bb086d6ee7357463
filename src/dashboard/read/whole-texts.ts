import { answersTo, judgeText } from '../../store/battle-pages';
import { loadPrompts } from '../../store/prompts';
import type { DashboardDeps } from '../deps';
import { NotThere } from '../route';
import { battleAt } from './battles';

/** What pages show cut, whole. Each throws NotThere where nothing of the kind is stored. */

export async function readAnswer({ pool }: DashboardDeps, player: string, prompt: string): Promise<string> {
  const [found] = await answersTo(pool, prompt, [player]);
  if (found) return found.text;
  throw new NotThere(`No answer of ${player} to the prompt ${prompt} is stored.`);
}

/** @param turn from 1 */
export async function readTurn({ pool }: DashboardDeps, prompt: string, turn: number): Promise<string> {
  const found = (await loadPrompts(pool, [prompt])).get(prompt);
  if (!found) throw new NotThere(`There is no prompt ${prompt}.`);
  const message = found.messages[turn - 1];
  if (message) return message.content;
  throw new NotThere(`The prompt ${prompt} has ${found.messages.length} turns; there is no turn ${turn}.`);
}

export async function readJudgeText({ pool }: DashboardDeps, battle: string, first: 'a' | 'b'): Promise<string> {
  const text = await judgeText(pool, battleAt(battle), first);
  if (text !== null) return text;
  throw new NotThere(`No game of the battle ${battle} with ${first} shown first is stored.`);
}
