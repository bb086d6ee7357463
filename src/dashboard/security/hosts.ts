import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { MiddlewareHandler } from 'hono';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a request's Host header names this server. A foreign page that has its own name point at our address (DNS
 * rebinding) comes with that name, and would otherwise count as our own origin. An IP address cannot be rebound, so beyond
 * loopback any is right.
 *
 * @param origins public origins that a proxy answers under, such as https://flywheel.example.com
 */
export function hostCheck(listensOn: string, origins: readonly string[]): (host: string | undefined) => boolean {
  const local = isLoopback(listensOn);
  const names = new Set([...origins.map((origin) => new URL(origin).host.toLowerCase())]);
  const own = hostname().toLowerCase();
  return (host) => {
    if (!host) return false;
    const given = host.toLowerCase();
    const name = given.replace(/:\d+$/, '');
    if (LOOPBACK.has(name) || names.has(given)) return true;
    return !local && (name === own || name === listensOn.toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) > 0);
  };
}

/** Refuses requests under a name that is not ours. */
export function refuseForeignHosts(isOurs: ReturnType<typeof hostCheck>): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host');
    if (isOurs(host)) return next();
    return context.json(
      {
        error: `This server does not answer under the name ${JSON.stringify(host ?? '')}. Behind a proxy, give its address in FLYWHEEL_DASHBOARD_ORIGIN.`,
      },
      421,
    );
  };
}
