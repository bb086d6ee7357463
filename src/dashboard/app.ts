import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { InputError } from '../arena/input-error';
import { messageOf, UserError } from '../errors';
import { MessageRefused } from '../operating/send';
import { battlesRoutes } from './api/battles';
import { dataRoutes } from './api/data';
import { judgesRoutes } from './api/judges';
import { leaderboardRoutes } from './api/leaderboard';
import { liveRoute } from './api/live';
import { runsRoutes } from './api/runs';
import { sessionRoutes } from './api/session';
import { textsRoutes } from './api/texts';
import type { DashboardDeps } from './deps';
import { NotThere } from './route';
import { refuseForgedChanges, requireSession, type Access } from './security/access';
import { securityHeaders } from './security/headers';
import { refuseForeignHosts, type hostCheck } from './security/hosts';
import { staticPages } from './static';

export interface AppSettings {
  access: Access;
  isOurs: ReturnType<typeof hostCheck>;
  version: string;
  /** Whether a proxy serves this under https. */
  secure: boolean;
  /** Folder of the built pages. */
  pages: string;
  /** Aborted when the server ends: streams end with it. */
  ending: AbortSignal;
  /** Told what went wrong unexpectedly. */
  onError: (error: unknown) => void;
}

const MEGABYTE = 1 << 20;
/** Votes of a file at most; everything else that is sent is small. */
const MOST_VOTES = 32 * MEGABYTE;

/** The API under /api/v1, its document, and the pages. */
export function createApp(deps: DashboardDeps, settings: AppSettings): OpenAPIHono {
  const { access, isOurs, version, secure, pages, ending, onError } = settings;
  const app = new OpenAPIHono();
  app.use(securityHeaders);
  app.use(refuseForeignHosts(isOurs));
  app.use('/api/*', requireSession(access), refuseForgedChanges(access));
  app.use('/api/*', bodyLimit({ maxSize: MOST_VOTES, onError: tooLarge }));

  const api = new OpenAPIHono();
  api.route('/', sessionRoutes(access, { version, temporalUi: deps.temporal.ui, secure }));
  api.route('/', runsRoutes(deps));
  api.route('/', leaderboardRoutes(deps));
  api.route('/', battlesRoutes(deps));
  api.route('/', dataRoutes(deps));
  api.route('/', judgesRoutes(deps));
  api.route('/', textsRoutes(deps));
  liveRoute(api, deps, ending);
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Arena Flywheel',
      version,
      description:
        'What the dashboard reads and sends. Beyond loopback send `Authorization: Bearer TOKEN` (FLYWHEEL_DASHBOARD_TOKEN). What a model or judge wrote is in fields called `text`: show it as text.',
    },
    servers: [{ url: '/api/v1' }],
  });
  app.route('/api/v1', api);
  app.all('/api/*', (context) => context.json({ error: `There is no ${context.req.path} in this API.` }, 404));
  app.get('*', staticPages(pages));
  app.notFound((context) => context.json({ error: 'There is nothing here.' }, 404));
  app.onError((error, context) => refusal(error, context, onError));
  return app;
}

const tooLarge = (context: Context) => context.json({ error: 'This is more than 32 MB; send less.' }, 413);

/** Postgres: a table or column that is not there. */
const UNDEFINED = new Set(['42P01', '42703']);

/** What went wrong, as a sentence with its status. */
function refusal(error: unknown, context: Context, onError: (error: unknown) => void): Response {
  const say = (status: 400 | 404 | 409 | 500 | 503 | 504, sentence: string) =>
    context.json({ error: sentence }, status);
  if (NotThere.isInstance(error)) return say(404, error.message);
  if (UserError.isInstance(error) || InputError.isInstance(error)) return say(400, messageOf(error));
  if (MessageRefused.isInstance(error)) return say(error.why === 'silent' ? 504 : 409, error.message);
  if (error instanceof HTTPException) return say(400, error.message || 'The request is not right.');
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && UNDEFINED.has(code))
    return say(503, "The database has not this version's tables: run `npx flywheel migrate`.");
  if (code === 'ECONNREFUSED' || code === '57P01' || code === '57P03')
    return say(503, 'The database does not answer. Start it: npx flywheel up');
  onError(error);
  return say(500, "This was not expected; the dashboard's terminal says more.");
}
