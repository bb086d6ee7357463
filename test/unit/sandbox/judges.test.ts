import { parseVerdict } from '../../../src/judge/parse';
import { renderJudgeMessages } from '../../../src/judge/render';
import { templateOf } from '../../../src/judge/templates';
import { featureOpinion } from '../../../src/sandbox/feature-judge';
import { readJudgePrompt } from '../../../src/sandbox/judge-prompt';
import { judgeReply, UNREADABLE, type JudgeName } from '../../../src/sandbox/judges';
import { readOptions, type SandboxOptions } from '../../../src/sandbox/options';
import { playerReply } from '../../../src/sandbox/players';
import { promptPool } from '../../../src/sandbox/pocket-english/pool';
import { criteria } from '../../../src/sandbox/pocket-english/criteria';
import { DATA_WEIGHTS, score } from '../../../src/sandbox/pocket-english/score';
import { judgePrompt, POLITE, RIGHT, STAMPS, WRONG } from './judge-prompt';

const scores = (text: string): [a: number, b: number] | null => {
  const found = /\nScore A: ([\d.]+)\nScore B: ([\d.]+)$/u.exec(text);
  return found ? [Number(found[1]), Number(found[2])] : null;
};

const judged = (name: JudgeName, prompt: string, a: string, b: string, options: SandboxOptions = {}) =>
  scores(judgeReply(name, judgePrompt(prompt, a, b), readOptions(options)));

describe('the judge prompt', () => {
  it('is read by its markers', () => {
    const text = [
      'Be fair. [Dialogue] and [Answer A] are no markers here.',
      '[Dialogue]',
      'User: first',
      'question',
      'Assistant: a reply',
      '',
      'User: second question',
      '[End of dialogue]',
      '[Answer A]',
      'one',
      'line',
      '[End of answer A]',
      '[Answer B]',
      '',
      '[End of answer B]',
      'Now judge.',
    ].join('\n');
    expect(readJudgePrompt(text)).toEqual({
      dialogue: [
        { role: 'user', content: 'first\nquestion' },
        { role: 'assistant', content: 'a reply' },
        { role: 'user', content: 'second question' },
      ],
      answerA: 'one\nline',
      answerB: '',
      ask: 'Now judge.',
    });
  });

  it.each(['[Dialogue]', '[End of dialogue]', '[Answer A]', '[End of answer A]', '[Answer B]', '[End of answer B]'])(
    'without %s is none',
    (marker) => {
      expect(readJudgePrompt(judgePrompt('p', 'a', 'b').replace(`${marker}\n`, ''))).toBeNull();
    },
  );
});

/** The scores of one answer to 60 prompts, given first or second. */
const noises = (options: SandboxOptions, swapped: boolean) =>
  promptPool({ count: 60, split: 'test', seed: 1 }).map(({ text: prompt }) => {
    const [a, b] = ['the answer is here .', 'dear anna .'];
    const given = judged('data-judge', prompt, swapped ? b : a, swapped ? a : b, options);
    return given?.[swapped ? 1 : 0];
  });

describe('the Pocket English judges', () => {
  it('give the noise-free score where the noise is off', () => {
    expect(judged('data-judge', STAMPS, RIGHT, WRONG, { noise: 0 })).toEqual([10, 7]); // 1 + 9 x (9.6 - 3) / 9.6 = 7.19: result and working
    expect(judged('evaluation-judge', STAMPS, RIGHT, WRONG, { noise: 0 })).toEqual([10, 4.5]); // 1 + 9 x (11.2 - 7) / 11.2 = 4.375
  });

  it('disagree where form and correctness do', () => {
    const plain = '7 minus 1 is 6 . olga has 6 stamps .';
    const [plainByData = 0, politeByData = 0] = judged('data-judge', STAMPS, plain, POLITE, { noise: 0 }) ?? [];
    const [plainByEvaluation = 0, politeByEvaluation = 0] =
      judged('evaluation-judge', STAMPS, plain, POLITE, { noise: 0 }) ?? [];
    expect(politeByData).toBeGreaterThan(plainByData);
    expect(plainByEvaluation).toBeGreaterThan(politeByEvaluation);
  });

  it('say the same to the same, and something else to another position, judge or seed', () => {
    const text = judgePrompt(STAMPS, RIGHT, WRONG);
    expect(judgeReply('data-judge', text, readOptions({}))).toBe(judgeReply('data-judge', text, readOptions({})));
    expect(noises({}, false)).not.toEqual(noises({}, true));
    expect(noises({}, false)).not.toEqual(noises({ seed: 1 }, false));
    expect(noises({ noise: 0 }, false)).toEqual(noises({ noise: 0 }, true));
  });

  it('are off by the noise at most, in steps of .5 within 1..10, and right on average', () => {
    const offs: number[] = [];
    for (const { text, fields } of promptPool({ count: 1000, split: 'train', seed: 2 })) {
      const answer = playerReply('tutor', text, 0);
      const exact = score(criteria(fields, answer), DATA_WEIGHTS);
      for (const given of judged('data-judge', text, answer, answer) ?? []) {
        expect(given * 2).toBe(Math.round(given * 2));
        expect(given).toBeGreaterThanOrEqual(1);
        expect(given).toBeLessThanOrEqual(10);
        expect(Math.abs(given - exact)).toBeLessThanOrEqual(1.25); // the noise and the rounding
        if (exact > 2 && exact < 9) offs.push(given - exact); // nearer to the ends the scale cuts the noise
      }
    }
    const mean = offs.reduce((sum, off) => sum + off, 0) / offs.length;
    expect(offs.length).toBeGreaterThan(1000);
    expect(Math.abs(mean)).toBeLessThan(0.06); // four standard errors of .43 / sqrt(1000)
    // Triangular noise on ±1 has variance 1/6, rounding to .5 adds .25 / 12.
    const variance = offs.reduce((sum, off) => sum + (off - mean) ** 2, 0) / offs.length;
    expect(Math.abs(variance - (1 / 6 + 0.25 / 12))).toBeLessThan(0.03);
  });

  it('favour the first answer by the position bias', () => {
    expect(judged('data-judge', STAMPS, WRONG, WRONG, { noise: 0, positionBias: 2 })).toEqual([9, 7]);
    expect(judged('data-judge', STAMPS, RIGHT, RIGHT, { noise: 0, positionBias: -1 })).toEqual([9, 10]);
  });

  it('give the wanted share of texts without a verdict, always the same ones', () => {
    const texts = promptPool({ count: 1000, split: 'train', seed: 3 }).map(({ text }) => judgePrompt(text, 'a', 'b'));
    const unreadable = (): boolean[] =>
      texts.map((text) => judgeReply('data-judge', text, readOptions({ unreadableShare: 0.2 })) === UNREADABLE);
    const share = unreadable().filter(Boolean).length / texts.length;
    expect(Math.abs(share - 0.2)).toBeLessThan(0.04);
    expect(unreadable()).toEqual(unreadable());
    expect(scores(UNREADABLE)).toBeNull();
  });

  it('give no scores to what they do not know, and say why', () => {
    const options = readOptions({});
    expect(judgeReply('data-judge', 'Are you there?', options)).toMatch(/this is no judge prompt/u);
    expect(
      judgeReply('evaluation-judge', judgePrompt('What is the capital of France?', 'Paris', 'Rome'), options),
    ).toMatch(/Pocket English only/u);
  });

  it('explain what is met and missed', () => {
    const text = judgeReply('data-judge', judgePrompt(STAMPS, RIGHT, WRONG), readOptions({}));
    expect(text).toMatch(/sandbox.*not a language model/u);
    expect(text).toContain(
      'Answer A: meets result, working, unit, person, style, opening, note, closing offer; misses nothing.',
    );
    expect(text).toContain('misses result, working.');
  });
});

/** The product’s own judge prompt for the two answers. */
const render = (prompt: string): string =>
  renderJudgeMessages(
    templateOf('scores-v1'),
    [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: prompt },
    ],
    RIGHT,
    WRONG,
  ).at(-1)?.content ?? '';

describe('with the product’s own judge template and parser', () => {
  it('the judge prompt is read, and the scores arrive', () => {
    const reply = judgeReply('data-judge', render(STAMPS), readOptions({ noise: 0 }));
    expect(parseVerdict(reply, 'scores')).toMatchObject({ verdict: 'model_a', scoreA: 10, scoreB: 7 });
  });

  it('texts without a verdict are invalid', () => {
    const unknown = judgeReply('data-judge', render('What is the capital of France?'), readOptions({}));
    const noJudgePrompt = judgeReply('data-judge', 'Are you there?', readOptions({}));
    for (const text of [UNREADABLE, unknown, noJudgePrompt])
      expect(parseVerdict(text, 'scores').verdict).toBe('invalid');
  });
});

describe('the feature judge', () => {
  const prompt = 'Explain how a sailing boat can move against the wind.';
  const good = [
    'A sailing boat can move against the wind by tacking:',
    '',
    '- The sail works like a wing, and the keel holds the boat on its line.',
    '- The boat sails a zigzag course, about forty-five degrees from the wind on either side.',
    '',
    'So it gains ground to windward with every turn.',
  ].join('\n');

  const scoreOf = (answer: string): number => featureOpinion(prompt, answer).score;

  it('scores looks only, from 1 to 10', () => {
    expect(scoreOf('')).toBe(1);
    expect(scoreOf(good)).toBeGreaterThan(scoreOf('It just can.'));
    expect(scoreOf(good)).toBeGreaterThan(scoreOf(`${good.slice(0, -20)} and then`));
    expect(scoreOf('the wind blows and '.repeat(60))).toBeLessThan(scoreOf(good));
    expect(scoreOf(good.repeat(40))).toBeLessThanOrEqual(10);
  });

  it('answers in the judges’ format, for any text, without noise', () => {
    const [a = 0, b = 0] = judged('feature-judge', prompt, good, 'No.') ?? [];
    expect(a).toBeGreaterThan(b);
    expect(judged('feature-judge', prompt, 'No.', good)).toEqual([b, a]);
  });
});

describe('players', () => {
  it('answer the same to the same prompt and seed', () => {
    expect(playerReply('poet', STAMPS, 0)).toBe(playerReply('poet', STAMPS, 0));
    const answers = new Set(Array.from({ length: 20 }, (_, seed) => playerReply('poet', STAMPS, seed)));
    expect(answers.size).toBeGreaterThan(10);
  });

  it('echo a few words of other prompts, and say what they are', () => {
    expect(playerReply('echo', 'Name three rivers.', 0)).toBe('Scripted echo (sandbox) read: Name three rivers..');
    expect(playerReply('clerk', 'one two three four five six seven eight nine ten', 3)).toMatch(
      /^Scripted clerk \(sandbox\) read: (\w+ ){7}\w+\.$/u,
    );
    expect(playerReply('echo', '', 0)).toMatch(/nothing/u);
  });
});
