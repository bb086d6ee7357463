import type { Message } from '../prompts/prompt';

/** What a judge is shown: a dialogue that ends with the user's turn, and two answers to it. */
export interface JudgePrompt {
  dialogue: Message[];
  answerA: string;
  answerB: string;
  /** What stands behind the answers: the form to answer in. */
  ask: string;
}

const TURNS = [
  ['User: ', 'user'],
  ['Assistant: ', 'assistant'],
  ['System: ', 'system'],
] as const;

/**
 * Reads a judge prompt by its markers, each on a line of its own: `[Dialogue]` … `[End of dialogue]` with turns that
 * start with `User: `, `Assistant: ` or `System: `,
 * then `[Answer A]` … `[End of answer A]` and `[Answer B]` … `[End of answer B]`. Null where one is missing.
 */
export function readJudgePrompt(text: string): JudgePrompt | null {
  const lines = text.split(/\r?\n/u);
  let next = 0;
  const between = (start: string, end: string): string[] | null => {
    const from = lines.indexOf(start, next);
    const to = from < 0 ? -1 : lines.indexOf(end, from);
    if (to < 0) return null;
    next = to + 1;
    return lines.slice(from + 1, to);
  };
  const dialogue = between('[Dialogue]', '[End of dialogue]');
  const answerA = between('[Answer A]', '[End of answer A]');
  const answerB = between('[Answer B]', '[End of answer B]');
  if (!dialogue || !answerA || !answerB) return null;
  const ask = lines.slice(next).join('\n').trim();
  return { dialogue: readTurns(dialogue), answerA: answerA.join('\n'), answerB: answerB.join('\n'), ask };
}

/** Turns of a dialogue; a line without a speaker goes on with the turn before it. */
function readTurns(lines: readonly string[]): Message[] {
  const turns: Message[] = [];
  for (const line of lines) {
    const speaker = TURNS.find(([mark]) => line.startsWith(mark) || line === mark.trimEnd());
    const last = turns.at(-1);
    if (speaker) turns.push({ role: speaker[1], content: line.slice(speaker[0].length) });
    else if (last) last.content += `\n${line}`;
  }
  return turns.map((turn) => ({ role: turn.role, content: turn.content.trim() }));
}
