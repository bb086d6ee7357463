import type { Message } from '../prompts/prompt';
import type { JudgeTemplate } from './template';

/** One player's side: its answer to the last user turn, or its replies to all user turns that have no recorded reply. */
export type Shown = string | readonly string[];

const speakers: Record<Message['role'], string> = { system: 'System', user: 'User', assistant: 'Assistant' };

/**
 * The messages of one game. The dialogue comes first, so that the games of one prompt share a prefix that servers can
 * cache. The lines of the markers are exact: `[Dialogue]`, turns as `User: …` and `Assistant: …`, `[End of dialogue]`,
 * where the template shows a reference and there is one `[Reference answer]`, the text, `[End of reference answer]`, then
 * `[Answer A]`, the text, `[End of answer A]`, `[Answer B]`, the text, `[End of answer B]`.
 */
export function renderJudgeMessages(
  template: JudgeTemplate,
  prompt: readonly Message[],
  answerA: Shown,
  answerB: Shown,
  reference: string | null = null,
): Message[] {
  const content = [
    `[Dialogue]\n${prompt.map(renderTurn).join('\n')}\n[End of dialogue]`,
    ...(template.reference === null || reference === null
      ? []
      : [`[Reference answer]\n${neutralise(reference)}\n[End of reference answer]`, template.reference]),
    `[Answer A]\n${renderAnswer(prompt, answerA)}\n[End of answer A]`,
    `[Answer B]\n${renderAnswer(prompt, answerB)}\n[End of answer B]`,
    template.ask,
  ].join('\n\n');
  return [
    { role: 'system', content: template.system },
    { role: 'user', content },
  ];
}

/** One answer as it is; several replies as the conversation that they were given in. */
function renderAnswer(prompt: readonly Message[], answer: Shown): string {
  return typeof answer === 'string' ? neutralise(answer) : conversation(prompt, answer).map(renderTurn).join('\n');
}

/** The dialogue with a reply after each user turn that has none. @throws RangeError unless there is one reply for each. */
function conversation(prompt: readonly Message[], replies: readonly string[]): Message[] {
  const open = prompt.filter((turn, index) => turn.role === 'user' && prompt[index + 1]?.role !== 'assistant');
  if (open.length !== replies.length)
    throw new RangeError(`${open.length} user turns wait for a reply, and there are ${replies.length} replies`);
  return prompt.flatMap((turn): Message[] => {
    const reply = replies[open.indexOf(turn)];
    return reply === undefined ? [turn] : [turn, { role: 'assistant', content: reply }];
  });
}

/** A line inside a turn that looks like the start of another turn is moved in by a blank. */
function renderTurn({ role, content }: Message): string {
  return `${speakers[role]}: ${neutralise(content)
    .replace(/^(?=(?:User|Assistant|System):)/gim, ' ')
    .trimStart()}`;
}

/** A marker in any spelling: other case, spacing, brackets. */
const marker = /[[［【]\s*((?:end\s+of\s+)?(?:the\s+)?(?:dialogue|reference\s+answer|answer\s*[ab]))\s*[\]］】]/gi;

/**
 * Texts of users and models are not trusted: an answer that holds `[End of answer A]` could put words into the judge's
 * instructions or into the other answer. The brackets of every marker inside become parentheses; the words stay
 * readable, and nothing else of the text changes.
 */
export function neutralise(text: string): string {
  return text.replace(marker, '($1)');
}
