import { messageOf, UserError } from '../errors';
import { fileSha256 } from '../files';

const known = new Map<string, Promise<string>>();

/** sha256 of an answers file, read once per worker: a recorded player without a revision is known by it. */
export function recordedSha256(file: string): Promise<string> {
  const hash = known.get(file) ?? hashFile(file);
  known.set(file, hash);
  hash.catch(() => known.delete(file));
  return hash;
}

function hashFile(file: string): Promise<string> {
  return fileSha256(file).catch((error: unknown) => {
    throw new UserError(
      `The answers in ${file} could not be read: ${messageOf(error)}. Check the path (competitors[].answers).`,
    );
  });
}
