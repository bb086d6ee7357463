import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { ConfigInput } from '../../src/config/schema';
import { startDashboard, type RunningDashboard } from '../../src/dashboard/server';
import { saveEvent } from '../../src/store/events';
import {
  openBrowser,
  overflow,
  seriousFindings,
  visit,
  watchedPage,
  withBrowser,
  type WatchedPage,
} from '../support/dashboard/browser';
import { operatedRuns, type OperatedRuns } from '../support/operated';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/**
 * The pages in a real browser while something happens: a run plays and is operated, the server or the session ends, somebody walks
 * through them on a phone. Real Temporal and Postgres; players and judges are scripted.
 */
const BOARD = 'board';
const LONG_NAME = 'a-rather-long-name-of-a-player';
const TOKEN = 'a token of this test alone';

jest.setTimeout(5 * 60_000);

withBrowser('the dashboard while something happens', () => {
  let runs: OperatedRuns;
  let dashboard: RunningDashboard;
  let browser: Browser;

  beforeAll(async () => {
    runs = await operatedRuns('live-pages', { latencyMs: 100 });
    const board = await startArena(BOARD, { prompts: 6, concurrency: 16 });
    await board.result();
    dashboard = await startDashboard(settings());
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
    await runs?.stop();
  });

  const settings = ({ port = 0, env = {} }: { port?: number; env?: NodeJS.ProcessEnv } = {}) => ({
    ...{ databaseUrl: runs.servers.databaseUrl, temporalAddress: runs.servers.temporalAddress, namespace: 'default' },
    ...{ uiUrl: null, artifacts: runs.servers.paths.artifacts, port, env },
  });

  const startArena = (run: string, { prompts, concurrency }: { prompts: number; concurrency: number }) => {
    const config: ConfigInput = {
      name: run,
      competitors: [
        sandboxPlayer('scholar', concurrency),
        sandboxPlayer('echo', concurrency),
        { ...sandboxPlayer('tutor', concurrency), id: LONG_NAME },
      ],
      judge: sandboxJudge('data-judge', concurrency),
      prompts: { source: [writePrompts(join(runs.servers.paths.home, `${run}.jsonl`), prompts, 'test')] },
      evaluation: { bootstrapRounds: 100 },
      arena: { batch: 6, window: 1 },
    };
    return runs.start(run, { config }, 'arena');
  };

  const board = (rest = '', { url } = dashboard) => `${url}/runs/${BOARD}${rest}`;

  /** What axe finds in light and in dark. */
  async function findings(watched: WatchedPage): Promise<string[]> {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await watched.page.emulateMedia({ colorScheme });
      found.push(...(await seriousFindings(watched)));
    }
    return found;
  }

  it('follows a run on each of its pages, which is paused and resumed by the forms', async () => {
    const handle = await startArena('slow', { prompts: 40, concurrency: 2 });
    const slow = `${dashboard.url}/runs/slow`;
    await until(
      async () => (await fetch(`${dashboard.url}/api/v1/runs/slow`)).status,
      (status) => status === 200,
    );
    const battles = await watchedPage(browser, dashboard.url);
    await visit(battles, `${slow}/battles`);
    const ahead = () => battles.page.getByText('not played').count();
    const before = await ahead();
    expect(before).toBeGreaterThan(0);
    const watched = await watchedPage(browser, dashboard.url);
    const { page } = watched;
    await visit(watched, slow);
    await page.locator('.live-dot.live').waitFor();
    const bar = page.locator('.now').getByRole('progressbar');
    const share = async () => Number(await bar.getAttribute('aria-valuenow'));
    const first = await share();
    await until(share, (now) => now > first, 30);
    await until(ahead, (now) => now < before, 30);

    const dialog = page.getByRole('dialog');
    const state = (word: string) => page.locator('.page-head .badge', { hasText: word });
    await page.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByLabel('Reason').fill('a look');
    expect(await findings(watched)).toEqual([]);
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('status').getByText('Pausing: what is in flight ends, nothing new starts (a look).').waitFor();
    await dialog.waitFor({ state: 'detached' });
    await state('paused').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('status').getByText('Resumed.').waitFor();

    await handle.result();
    await state('done').waitFor();
    await until(ahead, (now) => now === 0, 30);
    expect([...watched.troubles, ...battles.troubles]).toEqual([]);
    await page.context().close();
    await battles.page.context().close();
  });

  it('holds a judge beside the votes of a file', async () => {
    const answer = await fetch(`${dashboard.url}/api/v1/runs/${BOARD}/battles?limit=200`);
    const { battles } = (await answer.json()) as {
      battles: { a: string; b: string; outcome: string; prompt: string }[];
    };
    const votes = battles
      .filter(({ outcome }) => outcome === 'win' || outcome === 'loss')
      .map(({ a, b, outcome, prompt }) => `${a},${b},${outcome === 'win' ? 'model_a' : 'model_b'},${prompt}`);
    expect(votes.length).toBeGreaterThan(0);
    const file = (lines: string[]) => ({
      ...{ name: 'votes.csv', mimeType: 'text/csv' },
      buffer: Buffer.from(['model_a,model_b,winner,prompt_id', ...lines].join('\n')),
    });
    const watched = await watchedPage(browser, dashboard.url);
    const { page } = watched;
    await visit(watched, board('/judges'));
    await page.getByLabel('Votes', { exact: true }).setInputFiles(file(votes));
    const line = page.locator('.measures li', { hasText: 'Where both name a winner' });
    await line.waitFor();
    expect(await line.locator('strong').textContent()).toBe('100.0%');
    expect(watched.troubles).toEqual([]);
    await page.getByLabel('Votes', { exact: true }).setInputFiles(file([`${LONG_NAME},echo,model_a,nowhere`]));
    await page.getByRole('alert').getByText('None of the 1 votes is on a prompt').waitFor();
    await page.context().close();
  });

  it('asks for the token, asks again when the session has ended, and forgets the page when signed out', async () => {
    const guarded = await startDashboard(settings({ env: { FLYWHEEL_DASHBOARD_TOKEN: TOKEN } }));
    try {
      const watched = await watchedPage(browser, guarded.url, { viewport: { width: 390, height: 844 } });
      const { page } = watched;
      const form = page.getByRole('heading', { name: 'Sign in' });
      const signIn = async (token: string) => {
        await page.getByLabel('Token', { exact: true }).fill(token);
        await page.getByRole('button', { name: 'Sign in' }).click();
      };
      await page.goto(board('', guarded));
      await form.waitFor();
      expect(await findings(watched)).toEqual([]);
      expect(await overflow(watched)).toBe(0);
      expect(watched.troubles).toEqual([]);
      await signIn('another token');
      await page.getByRole('alert').getByText('This is not the token').waitFor();
      await signIn(TOKEN);
      await page.getByRole('heading', { name: BOARD }).waitFor();

      await page.context().clearCookies();
      await page.getByRole('link', { name: 'Leaderboard' }).first().click();
      await form.waitFor();
      await signIn(TOKEN);
      await page.getByRole('heading', { name: 'Who beats whom' }).waitFor();
      expect(page.url()).toBe(board('/leaderboard', guarded));

      await page.getByRole('button', { name: 'Sign out' }).click();
      await form.waitFor();
      expect(new URL(page.url()).pathname).toBe('/');
      expect(await page.locator('main').textContent()).not.toContain(LONG_NAME);
      expect(await page.context().cookies()).toEqual([]);
      await page.goBack();
      await form.waitFor();
      await page.context().close();
    } finally {
      await guarded.close();
    }
  });

  it('reads what has changed while the server was away', async () => {
    let served = await startDashboard(settings());
    try {
      const watched = await watchedPage(browser, served.url);
      const { page } = watched;
      const stream = page.waitForResponse(/\/live/);
      await visit(watched, board('', served));
      await stream;
      await served.close();
      const lost = page.getByText('connection lost');
      await lost.waitFor();
      await saveEvent(runs.servers.pool, { run: BOARD, kind: 'problem', sentence: 'It happened meanwhile.' });
      served = await startDashboard(settings({ port: Number(new URL(served.url).port) }));
      await page.getByText('It happened meanwhile.').waitFor();
      await lost.waitFor({ state: 'detached' });
      await page.context().close();
    } finally {
      await served.close();
    }
  });

  it('follows on where a proxy has refused the stream, and lets go of it while nobody looks', async () => {
    const { page } = await watchedPage(browser, dashboard.url);
    let opened = 0;
    let ended = 0;
    await page.route('**/api/v1/live*', (route) =>
      opened++ === 0 ? route.fulfill({ status: 502, body: 'bad gateway' }) : route.continue(),
    );
    page.on('requestfailed', (request) => {
      if (request.url().includes('/live')) ended++;
    });
    await page.goto(dashboard.url);
    await page.locator('.live-dot.lost').waitFor();
    await page.locator('.live-dot.live').waitFor();
    expect(opened).toBe(2);

    const counted = (what: () => number, is: number) =>
      until(
        () => Promise.resolve(what()),
        (n) => n === is,
        20,
      );
    const hide = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
         document.dispatchEvent(new Event('visibilitychange'));`,
      );
    ended = 0;
    await hide(true);
    await counted(() => ended, 1);
    const read = page.waitForResponse(/\/api\/v1\/runs/);
    await hide(false);
    await counted(() => opened, 3);
    await read;
    await page.context().close();
  });

  it('goes on at the top of another page by keyboard, and names it', async () => {
    const watched = await watchedPage(browser, dashboard.url, { viewport: { width: 900, height: 300 } });
    const { page } = watched;
    await visit(watched, board('/battles'));
    const list = await page.title();
    await page.locator('table.rows tbody th a').last().click();
    await page.getByRole('heading', { name: 'What the judge said' }).waitFor();
    expect(await page.evaluate('[document.activeElement.id, window.scrollY]')).toEqual(['main', 0]);
    expect(await page.title()).toMatch(/^Battle .*#\d+ · board/);
    await page.goBack();
    await page.getByRole('heading', { name: 'Battles' }).waitFor();
    expect(await page.title()).toBe(list);
    expect(watched.troubles).toEqual([]);
    await page.context().close();
  });

  it('is read on a phone: the tab that is open, names, and what cannot be pressed', async () => {
    const watched = await watchedPage(browser, dashboard.url, { viewport: { width: 390, height: 844 } });
    const { page } = watched;
    for (const rest of ['', '/judges', '/compare']) {
      await visit(watched, board(rest));
      const tab = await page.locator('.tabs [aria-current]').boundingBox();
      expect({ rest, left: (tab?.x ?? -1) >= 0, right: (tab?.x ?? 0) + (tab?.width ?? 999) <= 390 }).toEqual({
        ...{ rest, left: true, right: true },
      });
    }

    await visit(watched, board('/leaderboard'));
    const name = page.getByRole('region', { name: 'Ratings' }).getByText(LONG_NAME);
    // Three lines of 21 px at most.
    expect((await name.boundingBox())?.height).toBeLessThan(70);

    await visit(watched, board('/battles'));
    const opacity = "Number(getComputedStyle(document.querySelector('.pager button:disabled')).opacity)";
    expect(await page.evaluate<number>(opacity)).toBeLessThan(1);
    await page.locator('table.rows tbody th a').first().click();
    const row = page.locator('.length-row').first();
    const bar = await row.locator('.share-bar').boundingBox();
    const words = await row.locator('.note').boundingBox();
    expect((words?.y ?? 999) - (bar?.y ?? 0) - (bar?.height ?? 0)).toBeLessThan(10);
    expect(watched.troubles).toEqual([]);
    await page.context().close();
  });
});
