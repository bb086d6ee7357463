import type { CallErrorKind } from '../chat';

/** What an attempt's end says about its endpoint. */
export type Outcome =
  | 'answered' // also with an error that concerns this item alone
  | 'limited' // 429
  | 'overloaded' // 503, 529
  | 'late' // timed out
  | 'broken' // no connection, a server's error, an unreadable reply
  | 'unknown'; // cancelled by us, or never sent

const outcomes: Record<CallErrorKind, Outcome> = {
  'rate-limited': 'limited',
  overloaded: 'overloaded',
  timeout: 'late',
  server: 'broken',
  connection: 'broken',
  'bad-reply': 'broken',
  unauthorized: 'broken',
  'not-found': 'broken',
  'context-length': 'answered',
  'content-filter': 'answered',
  'too-large': 'answered',
  'bad-request': 'answered',
  cancelled: 'unknown',
};

export const outcomeOf = (error: CallErrorKind | null): Outcome => (error === null ? 'answered' : outcomes[error]);
