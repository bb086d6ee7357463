import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Context } from 'hono';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves the built pages of a folder. Every path without an ending is the one page, which knows its routes; files whose
 * names hold their hash are kept by the browser for ever.
 */
export function staticPages(folder: string): (context: Context) => Promise<Response> {
  return async (context) => {
    const path = decoded(context.req.path);
    if (path === null) return context.text('This is no path.', 400);
    const isPage = extname(path) === '' || !path.startsWith('/assets/');
    const asset = join(folder, normalize(path));
    const found =
      asset.startsWith(folder + sep) && (await isFile(asset)) ? asset : isPage ? join(folder, 'index.html') : null;
    if (found === null) return context.text('There is no such file.', 404);
    const body = await readFile(found).catch(() => null);
    if (body === null)
      return context.text(`The pages are not built: run \`npm run build\` in the repository, then start again.`, 503);
    return context.body(new Uint8Array(body), 200, {
      'Content-Type': TYPES[extname(found)] ?? 'application/octet-stream',
      'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  };
}

function decoded(path: string): string | null {
  try {
    const text = decodeURIComponent(path);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
