import { explained, isMissing, isTaken } from '../../../src/artifacts/trouble';
import { UserError } from '../../../src/errors';

const place = { bucket: 'models', endpoint: 'http://minio:9000' };
const aws = (name: string, status: number, more: object = {}) =>
  Object.assign(new Error('from the server'), { name, $metadata: { httpStatusCode: status }, ...more });

test.each([
  [
    aws('NoSuchBucket', 404),
    /There is no bucket models at http:\/\/minio:9000: make it, or mend FLYWHEEL_ARTIFACTS_S3/,
  ],
  [aws('SignatureDoesNotMatch', 403), /does not accept the key .*mend AWS_ACCESS_KEY_ID/],
  [aws('ExpiredToken', 400), /does not accept the key/],
  [aws('AccessDenied', 403), /refuses access to the bucket models: give its key the permissions/],
  [aws('Unknown', 403), /refuses access/],
  [aws('CredentialsProviderError', 0), /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE/],
  [aws('PermanentRedirect', 301), /set AWS_REGION/],
  [new Error('Region is missing'), /set AWS_REGION/],
])('what must be mended says how: %s', (error, sentence) => {
  const said = explained(error, place);
  expect(UserError.isInstance(said)).toBe(true);
  expect((said as Error).message).toMatch(sentence);
});

test.each([
  [
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    /Nobody answers .* \(ECONNREFUSED\): start that server/,
  ],
  [aws('SlowDown', 503), /answered with an error \(HTTP 503\): from the server/],
])('what may pass is tried again: %s', (error, sentence) => {
  const said = explained(error, place);
  expect(UserError.isInstance(said)).toBe(false);
  expect((said as Error).message).toMatch(sentence);
});

test("a file of this machine that cannot be read is none of the bucket's", () => {
  const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT', path: '/artifacts/model' });
  expect(explained(error, place)).toBe(error);
});

test('a missing object is no missing bucket', () => {
  expect(isMissing(aws('NoSuchKey', 404))).toBe(true);
  expect(isMissing(aws('NoSuchBucket', 404))).toBe(false);
  expect([isTaken(aws('PreconditionFailed', 412)), isTaken(aws('NoSuchKey', 404))]).toEqual([true, false]);
});
