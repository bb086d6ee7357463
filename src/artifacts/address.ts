import { UserError } from '../errors';

/** A place in a bucket: keys begin with `prefix`, which is empty or ends in a slash. */
export interface BucketAddress {
  bucket: string;
  prefix: string;
}

const FORM = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/**
 * Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`.
 * @throws UserError, which does not repeat the text: somebody may have written a key into it.
 */
export function parseBucketAddress(text: string): BucketAddress {
  const [, bucket, path = ''] = FORM.exec(text) ?? [];
  const parts = path.replace(/\/$/, '').split('/');
  const isPath = path === '' || parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
  if (bucket === undefined || !isPath)
    throw new UserError(
      'FLYWHEEL_ARTIFACTS_S3 must be s3://BUCKET or s3://BUCKET/PREFIX, such as s3://my-bucket/flywheel; keys and endpoint have variables of their own (docs/workers.md).',
    );
  return { bucket, prefix: path === '' ? '' : `${parts.join('/')}/` };
}
