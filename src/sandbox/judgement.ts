/** Difference of scores from which an answer is much better, where the form tells much from a little. */
const MUCH = 3;

/**
 * A scripted judge's explanation and scores in the form that the judge prompt asks for, told by the labels or fields that it
 * names: Arena-Hard's, MT-bench's, a JSON object, or else the lines `Score A: …` and `Score B: …`.
 */
export function judgement(ask: string, explanation: string, scoreA: number, scoreB: number): string {
  if (ask.includes('"score_a"')) return JSON.stringify({ explanation, score_a: scoreA, score_b: scoreB });
  return `${explanation}\n\n${verdict(ask, scoreA, scoreB)}`;
}

function verdict(ask: string, a: number, b: number): string {
  if (ask.includes('[[A>>B]]')) return `[[${arenaHardLabel(a - b)}]]`;
  if (ask.includes('[[C]]')) return `[[${a > b ? 'A' : a < b ? 'B' : 'C'}]]`;
  return `Score A: ${a}\nScore B: ${b}`;
}

function arenaHardLabel(difference: number): string {
  if (difference === 0) return 'A=B';
  const sign = Math.abs(difference) >= MUCH ? '>>' : '>';
  return difference > 0 ? `A${sign}B` : `B${sign}A`;
}
