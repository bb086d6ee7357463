import OpenAI from 'openai';
import { messageOf, UserError } from '../../errors';
import { thinFetch } from '../../models/http';
import { piecesOf } from '../../pieces';

/** An OpenAI-compatible endpoint for moderation. */
export interface ModerationEndpoint {
  /** Base address, as far as before `/moderations`. */
  url: string;
  /** Null sends the endpoint's default. */
  model: string | null;
  /** The key itself; null sends none. */
  key: string | null;
}

/** Says for each text the categories for which it is flagged, or null. */
export type Moderate = (texts: readonly string[]) => Promise<(string | null)[]>;

/** Texts of one call. */
const AT_ONCE = 32;
const TIMEOUT_MS = 60_000;
/** Of a call; the client waits in between as the endpoint asks (`Retry-After`), or longer each time. */
const RETRIES = 5;

/**
 * Errors (UserError): the endpoint still fails after the retries, or answers in another shape. Nothing passes unseen: a text
 * that could not be moderated stops the cleaning.
 */
export function createModeration({ url, model, key }: ModerationEndpoint): Moderate {
  const client = new OpenAI({
    baseURL: url,
    apiKey: key ?? 'none',
    ...(key === null ? { defaultHeaders: { Authorization: null } } : {}),
    fetch: thinFetch,
    maxRetries: RETRIES,
    timeout: TIMEOUT_MS,
  });
  return async (texts) => {
    const found: (string | null)[] = [];
    for (const input of piecesOf(texts, AT_ONCE)) {
      const { results } = await client.moderations
        .create({ input, ...(model === null ? {} : { model }) })
        .catch((error: unknown) => {
          throw new UserError(
            `The moderation endpoint ${url} failed: ${messageOf(error)}. Mend it, or clean without it.`,
          );
        });
      if (!Array.isArray(results) || results.length !== input.length)
        throw new UserError(
          `The moderation endpoint ${url} gave no result for each of ${input.length} texts. Is it an OpenAI-compatible /moderations?`,
        );
      found.push(...results.map((result) => (result.flagged ? categoriesOf(result.categories) : null)));
    }
    return found;
  };
}

function categoriesOf(categories: object): string {
  const named = Object.entries(categories).filter(([, flagged]) => flagged === true);
  return named.map(([category]) => category).join(', ') || 'flagged';
}
