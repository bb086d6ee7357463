import { answerStyle, relativeDifference } from '../../../src/arena/style-features';

describe('answerStyle', () => {
  it('counts headers, list items and bold spans as FastChat does', () => {
    const text = [
      '# One',
      '###### Six',
      '####### seven is none',
      '#tag is none',
      '- item',
      '  * nested',
      '+ plus',
      '12. numbered',
      '12) not counted',
      '**bold** and __bold__ and **two',
      'lines** are none',
    ].join('\n');
    expect(answerStyle(text)).toEqual({ length: text.length, headers: 2, lists: 4, bold: 2 });
  });

  it('leaves out code blocks, closed or cut off, but not from the length', () => {
    const code = '```md\n# no header\n- `no` item\n```';
    expect(answerStyle(`# Yes\n${code}\n- yes`)).toEqual({ length: 12 + code.length, headers: 1, lists: 1, bold: 0 });
    expect(answerStyle('- yes\n```\n- cut off')).toMatchObject({ lists: 1 });
  });

  it('measures length in characters, or in tokens where they are given', () => {
    expect(answerStyle('añ😀').length).toBe(3);
    expect(answerStyle('', 7).length).toBe(7);
    expect(answerStyle('')).toEqual({ length: 0, headers: 0, lists: 0, bold: 0 });
  });
});

describe('relativeDifference', () => {
  it('lies in -1 … 1, turns its sign with its arguments, and is 0 without either', () => {
    expect(relativeDifference(3, 1)).toBe(0.5);
    expect(relativeDifference(1, 3)).toBe(-0.5);
    expect(relativeDifference(5, 0)).toBe(1);
    expect(relativeDifference(0, 0)).toBe(0);
  });
});
