import type { MiddlewareHandler } from 'hono';

/**
 * What a page may do: load its own scripts, styles and images, and talk to its own server. No inline script or style, no
 * eval, no other origin; nothing may frame it. `blob:` images are charts on their way to a PNG file.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer, errors included. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const set = (name: string, value: string) => context.res.headers.set(name, value);
  set('Content-Security-Policy', POLICY);
  set('X-Content-Type-Options', 'nosniff');
  set('X-Frame-Options', 'DENY');
  set('Referrer-Policy', 'no-referrer');
  set('Cross-Origin-Opener-Policy', 'same-origin');
  set('Cross-Origin-Resource-Policy', 'same-origin');
  set('Permissions-Policy', 'camera=(), microphone=(), geolocation=()');
  // What a run holds is nobody else's; hashed assets say otherwise of themselves.
  if (!context.res.headers.has('Cache-Control')) set('Cache-Control', 'no-store');
};
