import { randomBytes } from 'node:crypto';
import { UserError } from '../errors';

/** The environment variable that holds the keys. */
export const KEY_VARIABLE = 'FLYWHEEL_PAYLOAD_KEY';
const KEY_BYTES = 32;

/** Keys by their ids; the first encrypts, the others still open what was encrypted with them. Empty: nothing is encrypted. */
export type Keys = ReadonlyMap<string, Buffer>;

const form = `Expected ID:KEY, several separated by commas, where KEY is ${KEY_BYTES} bytes in base64. \`npx flywheel codec --new-key\` makes one.`;

/** The keys that the environment gives: `ID:KEY[,ID:KEY…]`. @throws UserError, which never shows a key. */
export function keysFrom(env: NodeJS.ProcessEnv = process.env): Keys {
  const keys = new Map<string, Buffer>();
  for (const part of (env[KEY_VARIABLE] ?? '').split(',').filter((text) => text.trim() !== '')) {
    const [, id = '', text = ''] = /^\s*([\w.-]{1,64}):([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(part) ?? [];
    const key = Buffer.from(text, 'base64');
    if (id === '' || key.length !== KEY_BYTES)
      throw new UserError(`${KEY_VARIABLE}: key ${keys.size + 1} cannot be read. ${form}`);
    if (keys.has(id)) throw new UserError(`${KEY_VARIABLE}: two keys have the id ${id}. ${form}`);
    keys.set(id, key);
  }
  return keys;
}

/** A new key in the variable's form. */
export const newKey = (now = new Date()): string =>
  `k${now.toISOString().slice(0, 10).replaceAll('-', '')}:${randomBytes(KEY_BYTES).toString('base64')}`;
