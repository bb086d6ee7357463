import type { Bench } from '../bench';
import { costRows } from './cost';
import { rateLimitRows } from './rate-limit';
import { troubleRows } from './trouble';

export const bench: Bench = {
  name: 'client',
  about:
    'CPU of a call over three transports, a rate limit met by its refusals, and endpoints in trouble beside a calm one',
  async *run(options) {
    yield* await costRows(options);
    yield* await rateLimitRows(options);
    yield* await troubleRows(options);
  },
};
