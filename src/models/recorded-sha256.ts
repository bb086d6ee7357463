import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { messageOf, UserError } from '../errors';

const known = new Map<string, Promise<string>>();

/** sha256 of an answers file, read once per worker: a recorded player without a revision is known by it. */
export function recordedSha256(file: string): Promise<string> {
  const hash = known.get(file) ?? hashFile(file);
  known.set(file, hash);
  hash.catch(() => known.delete(file));
  return hash;
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw new UserError(
      `The answers in ${file} could not be read: ${messageOf(error)}. Check the path (competitors[].answers).`,
    );
  }
  return hash.digest('hex');
}
