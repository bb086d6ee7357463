import { parseBucketAddress } from '../../../src/artifacts/address';

test.each([
  ['s3://my-bucket', { bucket: 'my-bucket', prefix: '' }],
  ['s3://my-bucket/', { bucket: 'my-bucket', prefix: '' }],
  ['s3://my.bucket/team/flywheel_1/', { bucket: 'my.bucket', prefix: 'team/flywheel_1/' }],
])('%s', (text, address) => {
  expect(parseBucketAddress(text)).toEqual(address);
});

test.each([
  'my-bucket',
  'https://my-bucket',
  's3://',
  's3://My_Bucket',
  's3://my-bucket/../other',
  's3://my-bucket//a',
])('refuses %s', (text) => {
  expect(() => parseBucketAddress(text)).toThrow(/FLYWHEEL_ARTIFACTS_S3 must be s3:\/\/BUCKET/);
});

test('does not repeat a key that somebody wrote into the address', () => {
  expect(() => parseBucketAddress('s3://AKIASECRET:hidden@my-bucket')).toThrow(/^(?!.*(AKIASECRET|hidden))/s);
});
