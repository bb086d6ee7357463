import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../identity';

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export const same = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)));
