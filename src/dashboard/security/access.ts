import { createHmac, randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { same } from '../../http/same';

/** Who may come in, and whose changes are meant. */
export interface Access {
  /** Whether a token is asked for at all. */
  guarded: boolean;
  /** Whether a request carries the session's cookie or the token itself. */
  isIn(context: Context): boolean;
  /** The session's cookie for someone who knows the token; null for anybody else. */
  enter(token: string): string | null;
  /** What a page sends along with every change, in the header X-CSRF-Token. */
  csrf: string;
}

export const SESSION_COOKIE = 'flywheel_session';
/** The part of the API that a signed-out page needs. */
const SESSION_PATH = '/api/v1/session';
const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * One token lets in. The session's cookie is derived from it, so that a restart signs nobody out and a new token signs
 * out everybody; the CSRF token is this process's own, and pages fetch it anew.
 */
export function createAccess(token: string | null): Access {
  const session = createHmac('sha256', token ?? randomBytes(32))
    .update('flywheel dashboard session')
    .digest('hex');
  return {
    guarded: token !== null,
    isIn: (context) => {
      if (token === null) return true;
      const cookie = getCookie(context, SESSION_COOKIE);
      const [, bearer] = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '') ?? [];
      return (cookie !== undefined && same(cookie, session)) || (bearer !== undefined && same(bearer, token));
    },
    enter: (given) => (token !== null && same(given, token) ? session : null),
    csrf: randomBytes(24).toString('base64url'),
  };
}

/** Refuses the API to whoever has not signed in; the pages themselves hold nothing and are open. */
export function requireSession(access: Access): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.path === SESSION_PATH || access.isIn(context)) return next();
    return context.json({ error: 'Sign in with the token of FLYWHEEL_DASHBOARD_TOKEN first.' }, 401);
  };
}

/**
 * Refuses changes that another site's page could have sent: they must carry the CSRF token, which only our own pages can
 * read. Two changes cannot be forged without it: signing in, which takes the access token itself, and what a script sends with the access
 * token in a header, because that is no browser that somebody has tricked.
 */
export function refuseForgedChanges({ csrf, guarded }: Access): MiddlewareHandler {
  return async (context, next) => {
    if (!CHANGES.has(context.req.method)) return next();
    const site = context.req.header('sec-fetch-site');
    const byScript = guarded && context.req.header('authorization') !== undefined && site === undefined;
    const own = site === undefined || site === 'same-origin';
    const signsIn = context.req.path === SESSION_PATH && context.req.method === 'POST';
    if (byScript || (own && (signsIn || context.req.header('x-csrf-token') === csrf))) return next();
    return context.json(
      { error: 'The page is out of date: load it again. (A change needs the CSRF token of GET /api/v1/session.)' },
      403,
    );
  };
}
