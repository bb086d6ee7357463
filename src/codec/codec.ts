import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { messageOf, UserError } from '../errors';
import { KEY_VARIABLE, keysFrom, type Keys } from './keys';

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** Bytes of the nonce and of the tag of AES-256-GCM (NIST SP 800-38D). */
const NONCE = 12;
const TAG = 16;

const { Payload: Wire } = temporal.api.common.v1;

/**
 * Encrypts what travels between workflows and activities, so that the Temporal server stores nothing it can read: each
 * payload, its metadata included, becomes nonce, tag and AES-256-GCM of its protobuf bytes, bound to the key's id.
 * Without keys it passes payloads on; those that came in the clear are readable with keys as well, so that a key can be
 * given to a run that has begun.
 */
export function createPayloadCodec(keys: Keys = keysFrom()): PayloadCodec {
  const [first] = keys;
  return {
    encode: (payloads) => Promise.resolve(first ? payloads.map((payload) => encrypted(payload, ...first)) : payloads),
    // In a promise: what cannot be opened rejects instead of throwing.
    decode: async (payloads) => Promise.resolve(payloads.map((payload) => opened(payload, keys))),
  };
}

/** The data converter of workers and clients. */
export const dataConverter = (keys: Keys = keysFrom()) => ({ payloadCodecs: [createPayloadCodec(keys)] });

function encrypted(payload: Payload, id: string, key: Buffer): Payload {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id));
  const text = Buffer.concat([cipher.update(Wire.encode(payload).finish()), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([nonce, cipher.getAuthTag(), text]),
  };
}

function opened(payload: Payload, keys: Keys): Payload {
  if (textOf(payload, 'encoding') !== ENCODING) return payload;
  const id = textOf(payload, KEY_ID);
  const key = keys.get(id);
  if (!key) throw new UserError(`A payload is encrypted with the key "${id}", which ${KEY_VARIABLE} does not hold.`);
  const data = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE), { authTagLength: TAG })
      .setAAD(Buffer.from(id))
      .setAuthTag(data.subarray(NONCE, NONCE + TAG));
    const bytes = Buffer.concat([decipher.update(data.subarray(NONCE + TAG)), decipher.final()]);
    const { metadata, data: inner } = Wire.decode(bytes);
    return { metadata, data: inner };
  } catch (error) {
    throw new UserError(
      `A payload that names the key "${id}" cannot be opened with it (${messageOf(error)}): it is another key, or the payload was changed.`,
    );
  }
}

const textOf = ({ metadata }: Payload, name: string): string => Buffer.from(metadata?.[name] ?? []).toString('utf8');
