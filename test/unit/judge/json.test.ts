import { assert, integer, pre, property, string } from 'fast-check';
import { parseVerdict, type ParsedVerdict } from '../../../src/judge/parse';

const read = (text: string) => parseVerdict(text, 'json');
const whole = { explanation: 'x', score_a: 8, score_b: 7.5 };
const text = JSON.stringify(whole);

test.each<[string, string, number, number]>([
  ['a whole object', text, 8, 7.5],
  ['in a fence', `\`\`\`json\n${JSON.stringify(whole, null, 2)}\n\`\`\``, 8, 7.5],
  ['after thinking', `<think>{"score_a": 1, "score_b": 9}</think>\n${text}`, 8, 7.5],
  ['with criteria of the user’s own', '{"coherence": 3, "score_a": 8, "score_b": 7.5}', 8, 7.5],
  ['scores quoted in the explanation', JSON.stringify({ ...whole, explanation: 'B says "score_a": 1' }), 8, 7.5],
  ['full-width signs in the explanation', '{"explanation": "＂", "score_a": 8, "score_b": 7.5}', 8, 7.5],
])('%s is read', (_name, said, scoreA, scoreB) => {
  expect(read(said)).toEqual({ verdict: 'model_a', scoreA, scoreB });
});

test.each<[string, string, ParsedVerdict['verdict']]>([
  ['words before it', `Here you are: ${text}`, 'invalid'],
  ['words behind it', `${text}\nI hope this helps.`, 'invalid'],
  ['two objects', `${text}\n${text}`, 'invalid'],
  ['cut off', text.slice(0, -1), 'invalid'],
  ['cut off before the scores', '{"explanation": "Both', 'invalid'],
  ['a score missing', '{"score_a": 8}', 'invalid'],
  ['a score as text', '{"score_a": "8", "score_b": 7}', 'invalid'],
  ['null', '{"score_a": 8, "score_b": null}', 'invalid'],
  ['above the scale', '{"score_a": 11, "score_b": 7}', 'invalid'],
  ['zero', '{"score_a": 0, "score_b": 7}', 'invalid'],
  ['a field twice', '{"score_a": 8, "score_b": 7, "score_a": 2}', 'invalid'],
  ['a list', `[${text}]`, 'invalid'],
  ['nested', `{"verdict": ${text}}`, 'invalid'],
  ['scores for other names', '{"score_1": 8, "score_2": 7}', 'invalid'],
  ['lines of scores', 'Score A: 8\nScore B: 7', 'invalid'],
  ['a refusal', 'I cannot judge this.', 'invalid'],
  ['all is thinking', `<think>${text}`, 'invalid'],
  ['an error', '{"error": {"message": "overloaded"}}', 'failed'],
  ['FastChat’s error', '$ERROR$', 'failed'],
])('%s is %s', (_name, said, verdict) => {
  expect(read(said)).toEqual({ verdict, scoreA: null, scoreB: null });
});

test('what a judge can say is read exactly, whatever its explanation', () => {
  const score = integer({ min: 2, max: 20 }).map((half) => half / 2);
  assert(
    property(string(), score, score, (explanation, score_a, score_b) => {
      pre(!/<\/?(?:think|thinking|reasoning)>/i.test(explanation));
      expect(read(JSON.stringify({ explanation, score_a, score_b }))).toMatchObject({
        scoreA: score_a,
        scoreB: score_b,
      });
    }),
  );
});

test('no part of an object is a verdict', () => {
  assert(
    property(integer({ min: 0, max: text.length - 1 }), (end) => {
      expect(read(text.slice(0, end)).verdict).toBe('invalid');
    }),
  );
});
