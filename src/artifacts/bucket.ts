import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import type { BucketAddress } from './address';
import { explained, isMissing, isTaken } from './trouble';

/** What is known of a file: by these two it is found equal. */
export interface FileFacts {
  bytes: number;
  sha256: string;
}

/** What a bucket says of an object: its sha256 is there where we uploaded it. */
export interface ObjectFacts {
  bytes: number;
  sha256: string | null;
}

/** The objects under one prefix. Keys are relative to it. */
export interface Bucket {
  /** The address of an object, for people. */
  shown(key: string): string;
  /** An object's size and sha256; null where there is none. */
  look(key: string): Promise<ObjectFacts | null>;
  /** An object to read; null where there is none. */
  open(key: string): Promise<{ body: Readable; facts: ObjectFacts } | null>;
  /** The whole of a small object; null where there is none. */
  text(key: string): Promise<string | null>;
  /** Writes a small object; with `once` only where there is none yet. */
  write(key: string, text: string, options?: { once?: boolean }): Promise<void>;
  /** Uploads a file, a large one in parts: it is there when all of it is. */
  upload(key: string, file: string, facts: FileFacts): Promise<void>;
}

/** A part of an upload; four are in memory at a time. S3 takes ten thousand of them at most. */
const PART_BYTES = 16 << 20;
const MOST_PARTS = 10_000;
const CONNECT_MS = 10_000;
const SILENCE_MS = 120_000;

/**
 * A bucket of S3, or of any server that speaks its protocol. Keys, profiles, roles and region come from the AWS library's usual places;
 * `AWS_ENDPOINT_URL_S3` names another server than Amazon's. The library is loaded with the first request.
 */
export function openBucket({ bucket, prefix }: BucketAddress, env: NodeJS.ProcessEnv = process.env): Bucket {
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || null;
  const place = { bucket, endpoint: endpoint === null ? 'Amazon S3' : originOf(endpoint) };
  let loaded: ReturnType<typeof load> | null = null;

  async function load() {
    // It warns of Node's age on stderr, once in each process; what we support we say ourselves.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const sdk = await import('@aws-sdk/client-s3');
    const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (endpoint === null ? undefined : 'us-east-1');
    const client = new sdk.S3Client({
      ...(region === undefined ? {} : { region }),
      // Servers of one's own seldom have a host name for each bucket.
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    });
    return { sdk, client };
  }

  async function ask<T>(request: (s3: { sdk: typeof Sdk; client: Sdk.S3Client }) => Promise<T>): Promise<T> {
    try {
      return await request(await (loaded ??= load()));
    } catch (error) {
      throw explained(error, place);
    }
  }

  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const orNull = <T>(answer: Promise<T>): Promise<T | null> =>
    answer.catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
  const factsOf = ({ ContentLength = 0, Metadata }: Answer): ObjectFacts => ({
    bytes: ContentLength,
    sha256: Metadata?.['sha256'] ?? null,
  });

  return {
    shown: (key) => `s3://${bucket}/${prefix}${key}`,
    look: (key) =>
      ask(async ({ sdk, client }) => {
        const answer = await orNull(client.send(new sdk.HeadObjectCommand(at(key))));
        return answer && factsOf(answer);
      }),
    open: (key) =>
      ask(async ({ sdk, client }) => {
        const answer = await orNull(client.send(new sdk.GetObjectCommand(at(key))));
        return answer && { body: answer.Body as Readable, facts: factsOf(answer) };
      }),
    text: (key) =>
      ask(async ({ sdk, client }) => {
        const answer = await orNull(client.send(new sdk.GetObjectCommand(at(key))));
        return (await answer?.Body?.transformToString()) ?? null;
      }),
    write: (key, text, { once = false } = {}) =>
      ask(async ({ sdk, client }) => {
        const object = { ...at(key), Body: text, ...(once ? { IfNoneMatch: '*' } : {}) };
        await client.send(new sdk.PutObjectCommand(object)).catch((error: unknown) => {
          if (!once || !isTaken(error)) throw error;
        });
      }),
    upload: (key, file, { bytes, sha256 }) =>
      ask(async ({ client }) => {
        const { Upload } = await import('@aws-sdk/lib-storage');
        await new Upload({
          client,
          params: { ...at(key), Body: createReadStream(file), Metadata: { sha256 } },
          partSize: Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS)),
        }).done();
      }),
  };
}

type Answer = { ContentLength?: number | undefined; Metadata?: Record<string, string> | undefined };

/** An address without what else its URL may hold. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'AWS_ENDPOINT_URL_S3, which is no URL';
}
