import { messageOf, UserError } from '../errors';

/** What an error of the AWS library has beside its message. */
interface AwsError {
  name?: string;
  code?: string;
  /** Of an error of a file on this machine. */
  path?: string;
  $metadata?: { httpStatusCode?: number };
}

const WRONG_KEY = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidClientTokenId',
  'ExpiredToken',
  'ExpiredTokenException',
];
const WRONG_REGION = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];
const UNREACHED = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT'];

const of = (error: unknown): AwsError => (typeof error === 'object' && error !== null ? error : {});
const statusOf = (error: unknown): number => of(error).$metadata?.httpStatusCode ?? 0;

/** Whether an object is not there; a bucket that is not there is another matter. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && of(error).name !== 'NoSuchBucket';
}

/** Whether somebody else was first to write an object that may be written once. */
export function isTaken(error: unknown): boolean {
  return [409, 412].includes(statusOf(error));
}

/**
 * What is wrong with a bucket, in one sentence with its cure. Only what somebody must mend is a UserError; what may pass by itself, as an
 * endpoint that is away for a moment, is tried again.
 * @param place the bucket's address and where it was asked, for the sentence
 */
export function explained(error: unknown, { bucket, endpoint }: { bucket: string; endpoint: string }): unknown {
  const { name = '', path } = of(error);
  if (path !== undefined) return error;
  const status = statusOf(error);
  const message = messageOf(error);
  // The library's retries may leave nothing of an error but its message.
  const code = UNREACHED.find((one) => of(error).code === one || message.includes(one));
  if (name === 'NoSuchBucket')
    return new UserError(
      `There is no bucket ${bucket} at ${endpoint}: make it, or mend FLYWHEEL_ARTIFACTS_S3 or AWS_ENDPOINT_URL_S3.`,
    );
  if (name === 'CredentialsProviderError')
    return new UserError(
      `Nobody said with which key the bucket ${bucket} is opened: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role.`,
    );
  if (WRONG_KEY.includes(name))
    return new UserError(
      `${endpoint} does not accept the key for the bucket ${bucket} (${name}): mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile or role in their place.`,
    );
  if (WRONG_REGION.includes(name) || status === 301 || message === 'Region is missing')
    return new UserError(
      `The bucket ${bucket} is asked for in the wrong region, or in none: set AWS_REGION to the bucket's own.`,
    );
  if (status === 403)
    return new UserError(
      `${endpoint} refuses access to the bucket ${bucket}: give its key the permissions that docs/workers.md lists.`,
    );
  if (code !== undefined || name === 'TimeoutError')
    return new Error(
      `Nobody answers for the bucket ${bucket} at ${endpoint} (${code ?? name}): start that server, or mend AWS_ENDPOINT_URL_S3.`,
    );
  return new Error(
    `The bucket ${bucket} at ${endpoint} answered with an error${status > 0 ? ` (HTTP ${status})` : ''}: ${message}`,
  );
}
