import { sideBySide } from '../../../src/cli/side-by-side';

const text = `${'one two three '.repeat(200)}\n\n${'x'.repeat(300)}🎈${'y'.repeat(60)}\n\n日本語の文章です。`;

it('draws long texts of many lines beside each other, nothing lost, in linear time', () => {
  const before = process.cpuUsage();
  const drawn = sideBySide(
    [
      { title: 'chosen', text },
      { title: 'rejected\x1b[2J', text: 'short' },
    ],
    100,
  );
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(2);
  const lines = drawn.split('\n');
  const left = lines.map((line) => line.split('│')[1] ?? '').join('');
  expect(left.match(/three/g)).toHaveLength(200);
  expect(left.match(/[xy]/g)).toHaveLength(360);
  expect(drawn).toContain('🎈');
  expect(drawn).toContain('日本語の文章です。');
  expect(drawn).not.toContain('\x1b');
  expect(lines.filter((line) => line.includes('short'))).toHaveLength(1);
});

it('puts them below each other where there is no room', () =>
  expect(
    sideBySide(
      [
        { title: 'a', text: 'x' },
        { title: 'b', text: 'y' },
      ],
      40,
    ),
  ).toBe('── a\nx\n\n── b\ny'));
