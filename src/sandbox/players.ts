import { seedFrom } from '../identity';
import { parsePrompt } from './pocket-english/prompts';
import { skilledAnswer, SKILLS, type PlayerName } from './pocket-english/skills';
import { wordsOf } from './pocket-english/words';
import { Rng } from './rng';

const ECHOED_WORDS = 8;

/**
 * A scripted player's answer, the same for the same player, prompt and seed.
 * `echo`, and every player on a prompt that is not Pocket English, answers with a few of the prompt's own words.
 */
export function playerReply(player: PlayerName | 'echo', prompt: string, seed: number): string {
  const rng = new Rng(seedFrom('sandbox player', player, prompt, seed));
  const fields = player === 'echo' ? null : parsePrompt(prompt);
  return fields && player !== 'echo' ? skilledAnswer(fields, SKILLS[player], rng) : echo(player, prompt, rng);
}

/** Some of a prompt's words, in their order, beginning at a drawn place. */
function echo(player: string, prompt: string, rng: Rng): string {
  const words = wordsOf(prompt);
  const start = rng.integer(0, Math.max(0, words.length - ECHOED_WORDS));
  return `Scripted ${player} (sandbox) read: ${words.slice(start, start + ECHOED_WORDS).join(' ') || 'nothing'}.`;
}
