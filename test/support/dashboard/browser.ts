import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/** The Chromium to use: `FLYWHEEL_CHROMIUM`, else one of the PATH; null where there is none. */
export function chromiumPath(): string | null {
  const { FLYWHEEL_CHROMIUM: given, PATH = '' } = process.env;
  if (given) return given;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find(existsSync) ?? null;
}

/** A suite that needs a browser; it says so where there is none. */
export const withBrowser =
  chromiumPath() === null
    ? (name: string, body: () => void) =>
        describe.skip(`${name} (skipped: no Chromium; install one, or name it in FLYWHEEL_CHROMIUM)`, body)
    : describe;

/** A headless browser. As root Chromium's own sandbox cannot start; it shows pages of this machine only. */
export function openBrowser(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: chromiumPath() ?? '', args });
}

/** A page that notes what must not happen: errors, refusals of the content security policy, requests to anywhere else, dialogs. */
export interface WatchedPage {
  page: Page;
  troubles: string[];
}

export async function watchedPage(
  browser: Browser,
  origin: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
      troubles.push(`request: ${request.url()}`);
  });
  return { page, troubles };
}

/** Opens a path and waits until nothing loads or is being computed any more. */
export async function visit({ page }: WatchedPage, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('main h1').first().waitFor();
  for (const until = Date.now() + 120_000; Date.now() < until && (await page.locator('.loading').count()) > 0;)
    await page.waitForTimeout(100);
}

const axeSource = (): string => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds serious or critical on a page: rule, and where. */
export async function seriousFindings({ page }: WatchedPage): Promise<string[]> {
  // Evaluated by the browser's own debugger, which the page's policy does not bind.
  await page.evaluate(axeSource());
  const { violations } = await page.evaluate<{ violations: AxeViolation[] }>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

interface AxeViolation {
  id: string;
  impact: string | null;
  nodes: { target: string[] }[];
}

/** How far a page is wider than its window, in CSS pixels. */
export const overflow = ({ page }: WatchedPage): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
