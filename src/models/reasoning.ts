/**
 * Parts a leading `<think>…</think>` block from a reply. A block that never ends is all reasoning (the answer is
 * empty). A `</think>` without its start ends a block too: some chat templates write the start into the prompt.
 */
export function splitReasoning(content: string): { reasoning: string | null; text: string } {
  const opened = /^\s*<think>/i.exec(content);
  const closed = /<\/think>/i.exec(content);
  if (opened === null && (closed === null || /<think>/i.test(content.slice(0, closed.index))))
    return { reasoning: null, text: content };
  const start = opened?.[0].length ?? 0;
  if (closed === null) return { reasoning: content.slice(start).trim(), text: '' };
  return {
    reasoning: content.slice(start, closed.index).trim(),
    text: content.slice(closed.index + closed[0].length).trimStart(),
  };
}
