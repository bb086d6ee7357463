import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { userError } from '../setup/report.mjs';

/** The Chromium to use: `FLYWHEEL_CHROMIUM`, else one of the PATH; null where there is none. */
export function chromiumPath(env = process.env) {
  if (env.FLYWHEEL_CHROMIUM) return env.FLYWHEEL_CHROMIUM;
  const folders = (env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path)) ?? null;
}

/** A headless browser that opens nothing on the network by itself. */
export async function openBrowser() {
  const executablePath = chromiumPath();
  if (executablePath === null)
    throw userError(
      'No Chromium was found: install one (`apt-get install chromium`), or name it in FLYWHEEL_CHROMIUM.',
    );
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  // As root Chromium's own sandbox cannot start; it shows pages of this machine only.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...quiet, ...asRoot, '--disable-gpu'] });
}
