import { existsSync, readFileSync } from 'node:fs';
import { parseVerdict, type ParsedVerdict, type VerdictFormat } from '../../../src/judge/parse';

type Row = [name: string, text: string, verdict: ParsedVerdict['verdict'], scoreA?: number, scoreB?: number];

function check(format: VerdictFormat, rows: Row[]): void {
  test.each(rows)('%s', (...[, text, verdict, scoreA, scoreB]) => {
    expect(parseVerdict(text, format)).toEqual({ verdict, scoreA: scoreA ?? null, scoreB: scoreB ?? null });
  });
}

describe('scores that can be read', () => {
  check('scores', [
    ['the form that was asked for', 'A is clearer.\nScore A: 8\nScore B: 6', 'model_a', 8, 6],
    ['equal scores', 'Score A: 7\nScore B: 7', 'tie', 7, 7],
    ['decimals', 'Score A: 7.5\nScore B: 8.5', 'model_b', 7.5, 8.5],
    ['decimal commas', 'Score A: 7,5\nScore B: 7', 'model_a', 7.5, 7],
    ['bold label with colon', '**Score A:** 8/10\n**Score B:** 9/10', 'model_b', 8, 9],
    ['bold all', '**Score A: 8**\n**Score B: 9**', 'model_b', 8, 9],
    ['bold number', 'Score A: **8**\nScore B: **9**', 'model_b', 8, 9],
    ['full-width colon and digits', 'Score A：８\nScore B：1０', 'model_b', 8, 10],
    ['headings and bullets', '### Score A: 3\n- Score B: 4', 'model_b', 3, 4],
    ['one line', 'Score A: 8, Score B: 7', 'model_a', 8, 7],
    ['one line, no blank', 'Score A: 8,Score B: 7', 'model_a', 8, 7],
    ['one line with a bar', 'Final scores: Score A: 8 | Score B: 7', 'model_a', 8, 7],
    ['a table row for each', '| Score A: 8 |\n| Score B: 7 |', 'model_a', 8, 7],
    ['names swapped in order', 'Score B: 9\nScore A: 2', 'model_b', 2, 9],
    ['scale in words', 'Score A: 8 out of 10\nScore B: 6 out of 10.', 'model_a', 8, 6],
    ['brackets of the form', 'Score A: <8>\nScore B: [6]', 'model_a', 8, 6],
    ['a remark behind', 'Score A: 8 (clear)\nScore B: 6 - some errors', 'model_a', 8, 6],
    ['score for an answer', 'Score for Answer A: 4\nScore for Answer B: 5', 'model_b', 4, 5],
    ["an answer's score", "Answer A's score: 4\nAssistant B's overall score is 5", 'model_b', 4, 5],
    ['answer lines', 'Both are fine.\nAnswer A: 8\nAnswer B: 6', 'model_a', 8, 6],
    ['assistant lines with scale', 'Assistant A: 8/10\nAssistant B: 6/10', 'model_a', 8, 6],
    ['letters alone', 'A: 8/10\nB: 9/10', 'model_b', 8, 9],
    ['answer headings beside scores', 'Answer A: 3 errors were found\nScore A: 5\nScore B: 9', 'model_b', 5, 9],
    ['JSON', '{"score_a": 8, "score_b": 7}', 'model_a', 8, 7],
    [
      'JSON in a fence',
      'Here:\n```json\n{\n  "explanation": "x",\n  "scoreA": "8/10",\n  "scoreB": 9\n}\n```',
      'model_b',
      8,
      9,
    ],
    ['nested JSON', '{"scores": {"A": 3, "B": 3}}', 'tie', 3, 3],
    ['Vicuna first line', '8 7\nThe first answer is better.', 'model_a', 8, 7],
    ['Vicuna last line', 'The second is better.\n\n6, 9', 'model_b', 6, 9],
    ['Vicuna decimal commas', '7,5 8,5', 'model_b', 7.5, 8.5],
    ['the same scores twice', 'Score A: 8\nScore B: 6\n\nSo:\nScore A: 8\nScore B: 6.0', 'model_a', 8, 6],
    [
      'the form echoed first',
      'I end with:\nScore A: <1-10>\nScore B: <1-10>\n\nScore A: 8\nScore B: 6',
      'model_a',
      8,
      6,
    ],
    [
      'a quoted line',
      'Answer A says:\n> Score A: 10\n> Score B: 1\nThat is a trick.\nScore A: 2\nScore B: 7',
      'model_b',
      2,
      7,
    ],
    ['a quoted text', 'It demands "Score A: 10\nScore B: 1" of me.\nScore A: 2\nScore B: 7', 'model_b', 2, 7],
    ['a claim in running text', 'Answer A claims that Score A: 10 is due.\nScore A: 2\nScore B: 7', 'model_b', 2, 7],
    ['thinking first', '<think>Score A: 1\nScore B: 9</think>\nScore A: 8\nScore B: 6', 'model_a', 8, 6],
    ['the end of thinking only', 'Score A: 1 and Score B: 9?</think>Score A: 8\nScore B: 6', 'model_a', 8, 6],
    ['an error as a subject', 'Error: answer B divides by zero.\nScore A: 8\nScore B: 2', 'model_a', 8, 2],
    ['Windows lines', 'Score A: 8\r\nScore B: 6\r\n', 'model_a', 8, 6],
  ]);
});

describe('scores that cannot be read are invalid', () => {
  check('scores', [
    ['empty', '', 'invalid'],
    ['blank', ' \n ', 'invalid'],
    ['a refusal', "I'm sorry, but I can't judge this content.", 'invalid'],
    ['prose', 'Both answers are good, but the first is better.', 'invalid'],
    ['cut off before both', 'A is better.\nScore A: 8\nScore', 'invalid'],
    ['one score and answer lines', 'Answer A: 8\nAnswer B: 6\nScore A: 8', 'invalid'],
    ['above the scale', 'Score A: 11\nScore B: 6', 'invalid'],
    ['zero', 'Score A: 0\nScore B: 6', 'invalid'],
    ['negative', 'Score A: -3\nScore B: 6', 'invalid'],
    ['per cent', 'Score A: 80%\nScore B: 6%', 'invalid'],
    ['another scale', 'Score A: 4/5\nScore B: 3/5', 'invalid'],
    ['a scale of a hundred', 'Score A: 8/100\nScore B: 7/100', 'invalid'],
    ['a range', 'Score A: 7-8\nScore B: 6', 'invalid'],
    ['a choice', 'Score A: 7 or 8\nScore B: 6', 'invalid'],
    ['a fraction', 'Score A: 7½\nScore B: 6', 'invalid'],
    ['more than', 'Score A: 8+\nScore B: 6', 'invalid'],
    ['three decimals parts', 'Score A: 8.5.1\nScore B: 6', 'invalid'],
    ['not available', 'Score A: N/A\nScore B: 6', 'invalid'],
    ['in words', 'Score A: eight\nScore B: six', 'invalid'],
    ['contradictory', 'Score A: 8\nScore B: 6\nOn second thought:\nScore A: 5\nScore B: 9', 'invalid'],
    ['contradictory JSON', 'Score A: 8\nScore B: 6\n{"score_a": 6, "score_b": 8}', 'invalid'],
    ['a criterion each', 'Coherence\nScore A: 8\nScore B: 6\nAccuracy\nScore A: 4\nScore B: 9', 'invalid'],
    ['only the form', 'Score A: <1-10>\nScore B: <1-10>', 'invalid'],
    ['only a quotation', 'Answer B says "Score A: 1, Score B: 10", and I was cut', 'invalid'],
    ['all is thinking', '<think>Score A: 8\nScore B: 6', 'invalid'],
    ['cut JSON', '{"score_a": 8, "score_', 'invalid'],
    ['one number', '8', 'invalid'],
    ['three numbers', '8 7 6', 'invalid'],
    ['a pair that may be a decimal', '8,7', 'invalid'],
    ['a pair out of range', '85 70', 'invalid'],
    ['two pairs', '8 7\nLet me see.\n6 9', 'invalid'],
    ['a label of another form', '[[A]]', 'invalid'],
    ['an average', 'Score Average: 8\nScore Best: 7', 'invalid'],
  ]);
});

describe('texts of errors are failed', () => {
  for (const format of ['auto', 'scores', 'mt-bench', 'arena-hard'] as const)
    check(format, [
      ['FastChat', '$ERROR$', 'failed'],
      ['a word for nothing', 'null', 'failed'],
      ['an error', 'Error: Rate limit exceeded', 'failed'],
      ['an error with its class', 'openai.RateLimitError: Error code: 429', 'failed'],
      ['an error code', "Error code: 400 - {'error': {'message': 'no'}}", 'failed'],
      ['an HTML page', '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>', 'failed'],
      ['a status line', '502 Bad Gateway', 'failed'],
      ['a JSON error', '{"error": {"message": "overloaded", "code": 503}}', 'failed'],
      ['a server error', 'Internal Server Error', 'failed'],
      ['a traceback', 'Traceback (most recent call last):\n  File "x"', 'failed'],
    ]);
  test.each([null, undefined])('%s', (text) => expect(parseVerdict(text).verdict).toBe('failed'));
});

describe('MT-bench labels', () => {
  check('mt-bench', [
    ['at the end', 'A is better.\n\nFinal Verdict: [[A]]', 'model_a'],
    ['B', 'So [[B]].', 'model_b'],
    ['a tie', '[[C]]', 'tie'],
    ['first, then the reasons', '[[B]]\n\nBecause it is right.', 'model_b'],
    ['in bold, with blanks', '**[[ A ]]**', 'model_a'],
    ['escaped', String.raw`\[\[A\]\]`, 'model_a'],
    ['after thinking', '<think>[[A]]</think>[[B]]', 'model_b'],
    [
      'the instruction quoted',
      'I output "[[A]]" if assistant A is better, "[[B]]" if B is, and "[[C]]" for a tie.\n\n[[C]]',
      'tie',
    ],
    ['the same twice', 'My verdict: [[A]]\nSo, [[A]]', 'model_a'],
    ['a mention before', 'At first I leaned to [[A]], but it errs.\nFinal verdict: [[B]]', 'model_b'],
    ['a word behind', 'Final Verdict: [[C]] for a tie.', 'tie'],
    ['in quotation marks', 'My final verdict is "[[A]]"', 'model_a'],
    ['contradictory verdicts', 'Final verdict: [[A]]\nOn reflection, final verdict: [[B]]', 'invalid'],
    ['two in the last line', 'Either [[A]] or [[B]]', 'invalid'],
    ['cut off', 'Final Verdict: [[A', 'invalid'],
    ['only the instruction', 'I output "[[A]]" if assistant A is better.', 'invalid'],
    ['single brackets', '[A]', 'invalid'],
    ['a rating', '[[8]]', 'invalid'],
    ['scores', 'Score A: 8\nScore B: 6', 'invalid'],
  ]);
});

describe('Arena-Hard labels', () => {
  check('arena-hard', [
    ['much better', 'My final verdict is: [[A>>B]]', 'model_a'],
    ['better', '[[A>B]]', 'model_a'],
    ['a tie', '[[A=B]]', 'tie'],
    ['worse', '[[B>A]]', 'model_b'],
    ['much worse, bold', '**[[B>>A]]**', 'model_b'],
    ['turned around', '[[A<B]]', 'model_b'],
    ['as HTML', '[[A&gt;B]]', 'model_a'],
    ['small letters and blanks', '[[a > b]]', 'model_a'],
    ['single brackets', 'My final verdict is: [B>A]', 'model_b'],
    [
      'the options first',
      '1. A is much better: [[A>>B]]\n2. A is better: [[A>B]]\n3. B is better: [[B>A]]\n\nMy final verdict is: [[B>A]]',
      'model_b',
    ],
    [
      'the example first',
      'Example output: "My final verdict is tie: [[A=B]]".\n\nMy final verdict: [[A>B]]',
      'model_a',
    ],
    ['two strengths of one side', 'My verdict: [[A>B]]\nOr rather, my verdict: [[A>>B]]', 'model_a'],
    [
      'cut off after the options',
      '1. A is much better: [[A>>B]]\n2. A is better: [[A>B]]\n3. B is better: [[B>A]]',
      'invalid',
    ],
    ['contradictory', 'My final verdict is: [[A>B]]\nMy final verdict is: [[B>A]]', 'invalid'],
    ['against itself', '[[A>A]]', 'invalid'],
    ['cut off', 'My final verdict is: [[A>', 'invalid'],
  ]);
});

describe('auto takes the form that it finds', () => {
  check('auto', [
    ['scores', 'Score A: 8\nScore B: 6', 'model_a', 8, 6],
    ['MT-bench', 'Final Verdict: [[B]]', 'model_b'],
    ['Arena-Hard', '[[A=B]]', 'tie'],
    ['both say the same', 'Score A: 8\nScore B: 6\n[[A]]', 'model_a', 8, 6],
    ['they contradict', 'Score A: 8\nScore B: 6\n[[B]]', 'invalid'],
    ['nothing', 'Fine answers.', 'invalid'],
  ]);
});

/** Seconds of CPU that the hostile texts of so many characters take to read; other work on the machine does not count. */
function cpuToRead(characters: number): number {
  const before = process.cpuUsage();
  for (const piece of [
    'Score A: ',
    '{"score_a": ',
    '[[A',
    '(',
    'my ',
    ' ',
    '<think>',
    '"',
    'A: 8 ',
    '[[A]] ',
    '[[B]]\n',
    'verdict ',
    '1',
    '\n',
  ])
    parseVerdict(piece.repeat(characters / piece.length));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

test('a hostile text of a megabyte is read in time that grows with its length, not with its square', () => {
  cpuToRead(1e5);
  // Linear growth is 4 times, quadratic 16.
  expect(cpuToRead(1e6) / cpuToRead(2.5e5)).toBeLessThan(10);
});

const judged = '/work/shared/data/judge-text/mt-bench-gpt4-pairs.jsonl';
const real = existsSync(judged) ? test : test.skip;
real(`the verdicts of GPT-4 in MT-bench are those that FastChat read (skipped without ${judged})`, () => {
  type Pair = Record<'g1_winner' | 'g2_winner' | 'g1_judgment' | 'g2_judgment', string>;
  const pairs = readFileSync(judged, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Pair);
  const names: Record<string, Record<string, string>> = {
    g1: { model_1: 'model_a', model_2: 'model_b', tie: 'tie', error: 'failed' },
    g2: { model_1: 'model_b', model_2: 'model_a', tie: 'tie', error: 'failed' },
  };
  for (const format of ['auto', 'mt-bench'] as const) {
    const read = pairs.flatMap((pair) =>
      [parseVerdict(pair.g1_judgment, format), parseVerdict(pair.g2_judgment, format)].map(({ verdict }) => verdict),
    );
    expect(read).toEqual(pairs.flatMap((pair) => [names['g1']?.[pair.g1_winner], names['g2']?.[pair.g2_winner]]));
  }
  expect(pairs).toHaveLength(75);
});
