import { CallError, shownUrl } from '../../../src/models/errors';

const place = { url: 'https://u:p@h:1/v1/?k=1#f', model: 'm', key: 'secret' };

test('the message says what, where, why and the cure', () => {
  expect(new CallError('connection', 'ECONNREFUSED', place).message).toBe(
    'The connection to the endpoint failed (https://h:1/v1, model m): ECONNREFUSED. Check that the server runs and that `url` is right.',
  );
});

test('the key is blanked wherever the server repeats it, and long texts are cut', () => {
  const { message } = new CallError('unauthorized', `bad key secret; ${'x'.repeat(1000)} secret`, place);
  expect(message).not.toContain('secret');
  expect(message).toContain('bad key ***');
  expect(message.length).toBeLessThan(600);
});

test('it is recognised by its marker, also from another realm', () => {
  const error = new CallError('server', '', place);
  expect(CallError.isInstance(error)).toBe(true);
  expect(CallError.isInstance({ [Symbol.for('arena-flywheel.call-error')]: true })).toBe(true);
  for (const other of [new Error('x'), null, undefined, 'x', {}]) expect(CallError.isInstance(other)).toBe(false);
});

test.each([
  ['http://h/v1/', 'http://h/v1'],
  ['http://h', 'http://h'],
  ['%', '(not an address)'],
])('%s is shown as %s', (url, shown) => expect(shownUrl(url)).toBe(shown));
