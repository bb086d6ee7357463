import { createRoute, z } from '@hono/zod-openapi';
import { deleteCookie, setCookie } from 'hono/cookie';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, errorSchema, routes } from '../route';
import { sessionSchema, signInSchema } from '../schemas/session';
import { SESSION_COOKIE, type Access } from '../security/access';

/** A wrong token is answered late, so that guessing takes long. */
const WRONG_MS = 700;
const DAYS_30 = 30 * 24 * 3600;

interface About {
  version: string;
  temporalUi: string | null;
  /** Whether a proxy serves this under https. */
  secure: boolean;
}

const look = createRoute({
  method: 'get',
  path: '/session',
  tags: ['Session'],
  summary: 'Whether this browser is signed in, and the token that changes need',
  responses: answers(sessionSchema, 'The session.'),
});

const signIn = createRoute({
  method: 'post',
  path: '/session',
  tags: ['Session'],
  summary: 'Sign in with the token of FLYWHEEL_DASHBOARD_TOKEN',
  request: { body: { required: true, content: { 'application/json': { schema: signInSchema } } } },
  responses: {
    ...answers(sessionSchema, 'Signed in: the cookie is set.'),
    403: { description: 'The token is another one.', content: { 'application/json': { schema: errorSchema } } },
  },
});

const signOut = createRoute({
  method: 'delete',
  path: '/session',
  tags: ['Session'],
  summary: 'Sign out',
  responses: { 200: { description: 'Signed out.', content: { 'application/json': { schema: z.object({}) } } } },
});

export function sessionRoutes(access: Access, { secure, ...about }: About) {
  const session = (signedIn: boolean) => ({
    guarded: access.guarded,
    signedIn,
    csrf: signedIn ? access.csrf : null,
    version: about.version,
    temporalUi: signedIn ? about.temporalUi : null,
  });
  return routes()
    .openapi(look, (context) => context.json(session(access.isIn(context)), 200))
    .openapi(signIn, async (context) => {
      const cookie = access.enter(context.req.valid('json').token);
      if (cookie === null && access.guarded) {
        await sleep(WRONG_MS);
        return context.json({ error: 'This is not the token of FLYWHEEL_DASHBOARD_TOKEN.' }, 403);
      }
      if (cookie !== null)
        setCookie(context, SESSION_COOKIE, cookie, {
          ...{ httpOnly: true, sameSite: 'Strict', secure, path: '/', maxAge: DAYS_30 },
        });
      return context.json(session(true), 200);
    })
    .openapi(signOut, (context) => {
      deleteCookie(context, SESSION_COOKIE, { path: '/' });
      return context.json({}, 200);
    });
}
