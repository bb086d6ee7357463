import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { fillLargeRun, RUN as LARGE } from '../../bench/dashboard/fill';
import { startDashboard, type RunningDashboard } from '../../src/dashboard/server';
import { pythonPath } from '../../src/embedded/paths';
import { startPostgres, type Postgres } from '../../src/embedded/postgres';
import { promptPool } from '../../src/sandbox/pocket-english/pool';
import { openStore } from '../../src/store/open';
import {
  openBrowser,
  overflow,
  seriousFindings,
  visit,
  watchedPage,
  withBrowser,
  type WatchedPage,
} from '../support/dashboard/browser';
import { refusingEndpoint } from '../support/dashboard/refusing-endpoint';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { operatedRuns, type OperatedRuns } from '../support/operated';
import { sandboxJudge, sandboxPlayer, tinyConfig, trainTinyBase, writePrompts } from '../support/tiny';

/**
 * The pages in a real browser: over a real flywheel of one round (real Temporal, Postgres, training), over answers that mean harm, and
 * over a run of a million games.
 */
jest.setTimeout(20 * 60_000);

/** What a hostile model answers. Anything that ran would leave its mark on `window`. */
const MARK = 'pwned';
const HOSTILE = [
  `<script>window.${MARK} = 1; alert(1)</script>`,
  `<img src=x onerror="window.${MARK} = 1"><svg onload="window.${MARK} = 1"><iframe src="javascript:parent.${MARK}=1">`,
  `[a link](javascript:window.${MARK}=1) ![a picture](http://198.51.100.7/beacon.png) <a href="javascript:window.${MARK}=1">x</a>`,
  `"><style>body{display:none}</style><base href="http://198.51.100.7/"><meta http-equiv="refresh" content="0;url=http://198.51.100.7/">`,
  '\u001b[31mred\u001b[0m \u001b]8;;http://198.51.100.7\u0007link\u001b]8;;\u0007 \u0000\u0007\u009b',
  'The file is called \u202egpj.exe\u202c and \u2066isolated\u2069, \u200binvisible\ufeff',
  'x'.repeat(1 << 20),
  `{{constructor.constructor('window.${MARK}=1')()}} \${window.${MARK}=1} <!-- --> ]]>`,
];
/** All that a page shows in words, what it shows under the pointer included. */
const WORDS = `[document.title, document.body.textContent, ...[...document.querySelectorAll('[title]')].map(({ title }) => title)].join()`;
/** Where the texts of a rating in the list of runs end, in CSS pixels. */
const RIGHT_ENDS = `[...[...document.querySelectorAll('table.runs td[data-name="Rating"]')].find((one) => one.querySelector('.note')).firstChild.childNodes]
  .map((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return Math.round(range.getBoundingClientRect().right);
  })`;
const NAME = '<img src=x onerror=alert(1)>\u202e';
/** A prompt that an endpoint refuses, and what it says then. */
const REFUSED = 'May I have the file, please?';
const REFUSAL = 'the file is called \u202egpj.exe\u202c';

type Listed<Name extends string> = Record<Name, { id: string }[]>;

withBrowser('the dashboard over a real run', () => {
  let runs: OperatedRuns;
  let dashboard: RunningDashboard;
  let browser: Browser;
  /** A battle that was trained on, and the dataset that holds pairs. */
  let battle: string;
  let dataset: string;
  const RUN = 'a real <b>run</b>';
  const base = () => `${dashboard.url}/runs/${encodeURIComponent(RUN)}`;

  beforeAll(async () => {
    runs = await operatedRuns('pages', { latencyMs: 0, python: () => pythonPath() });
    const { home } = runs.servers.paths;
    const test = writePrompts(join(home, 'test.jsonl'), 12, 'test');
    const pool = writePrompts(join(home, 'pool.jsonl'), 3 * 16 + 4 * 10, 'train');
    const config = tinyConfig({ base: await trainTinyBase(join(home, 'base')), pool, test });
    await (await runs.start(RUN, { config })).result();

    const asked = [...promptPool({ count: HOSTILE.length, split: 'test', seed: 9 }).map(({ text }) => text), REFUSED];
    const prompts = asked.map((prompt, index) => ({ id: `h${index}`, prompt, category: NAME }));
    const refusing = await refusingEndpoint(runs.sandbox.url, { refuses: REFUSED, says: REFUSAL });
    const file = (name: string, rows: readonly object[]) => {
      writeFileSync(join(home, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return join(home, name);
    };
    const answers = file(
      'hostile.jsonl',
      prompts.map(({ id }, index) => ({ id, answer: HOSTILE[index] ?? 'You may.' })),
    );
    const hostile = await runs.start(
      'hostile',
      {
        config: {
          name: 'hostile',
          competitors: [
            { ...sandboxPlayer('scholar'), url: refusing.url },
            { id: NAME, answers },
          ],
          judge: sandboxJudge('data-judge'),
          prompts: { source: [file('prompts.jsonl', prompts)] },
          arena: { maxFailedShare: 1 },
        },
      },
      'arena',
    );
    await hostile.result();
    await refusing.close();
    dashboard = await startDashboard({
      ...runs.servers,
      ...{ namespace: 'default', uiUrl: null, artifacts: runs.servers.paths.artifacts, port: 0, env: {} },
    });
    const api = `${dashboard.url}/api/v1/runs/${encodeURIComponent(RUN)}`;
    const { battles } = (await (await fetch(`${api}/battles?purpose=training&limit=1`)).json()) as Listed<'battles'>;
    const { datasets } = (await (await fetch(`${api}/datasets`)).json()) as Listed<'datasets'>;
    battle = battles[0]?.id ?? '';
    dataset = datasets.find(({ id }) => id.endsWith('/dpo'))?.id ?? '';
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
    await runs?.stop();
  });

  const pages: [string, () => string, string][] = [
    ['runs', () => dashboard.url, 'a real <b>run</b>'],
    ['run', () => base(), 'Flywheel'],
    ['leaderboard', () => `${base()}/leaderboard`, 'Who beats whom'],
    ['leaderboard of a category at equal style', () => `${base()}/leaderboard?category=math&style=1`, 'At equal style'],
    ['battles', () => `${base()}/battles?outcome=win`, 'Outcome of the first'],
    ['battle', () => `${base()}/battle?id=${encodeURIComponent(battle)}`, 'What the judge said'],
    ['data', () => `${base()}/data`, 'Distributions'],
    ['row', () => `${base()}/row?dataset=${encodeURIComponent(dataset)}&row=1`, 'behind it'],
    ['judges', () => `${base()}/judges`, 'First-shown advantage'],
    ['compare', () => `${base()}/compare`, 'is better than'],
    ['prompts', () => `${dashboard.url}/prompts`, 'Prompts'],
    ['nothing', () => `${dashboard.url}/nowhere`, 'There is no such page'],
  ];

  it.each(['light', 'dark'] as const)(
    'every page in %s: nothing goes wrong, and axe finds nothing serious',
    async (colorScheme) => {
      const watched = await watchedPage(browser, dashboard.url, { colorScheme });
      for (const [name, address, word] of pages) {
        if (name === 'nothing') {
          await watched.page.goto(address());
          await watched.page.getByText(word).waitFor();
        } else await visit(watched, address());
        expect(await watched.page.locator('main').textContent()).toContain(word);
        expect({ name, findings: await seriousFindings(watched) }).toEqual({ name, findings: [] });
        expect({ name, troubles: watched.troubles }).toEqual({ name, troubles: [] });
      }
      await watched.page.context().close();
    },
  );

  it('every page on a phone is as wide as the phone', async () => {
    const watched = await watchedPage(browser, dashboard.url, { viewport: { width: 390, height: 844 } });
    for (const [name, address] of pages.filter(([one]) => one !== 'nothing')) {
      await visit(watched, address());
      expect({ name, wider: await overflow(watched) }).toEqual({ name, wider: 0 });
    }
    // A rating and its interval end at one edge, beside the column's name.
    await visit(watched, dashboard.url);
    const ends = await watched.page.evaluate<number[]>(RIGHT_ENDS);
    expect(ends.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ends).size).toBe(1);
    await watched.page.context().close();
  });

  it('is gone through by links and by keyboard: run, battle, its training row, back to the battle', async () => {
    const watched = await watchedPage(browser, dashboard.url);
    const { page } = watched;
    await visit(watched, dashboard.url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page');
    await page.getByRole('link', { name: RUN }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Flywheel' }).waitFor();
    expect(await page.locator('.step.finished').count()).toBe(5);

    await page.getByRole('link', { name: 'Data' }).click();
    await page.getByRole('link', { name: 'r1-dpo-a1 / dpo' }).click();
    await page.waitForURL(/dataset=/);
    await page.getByRole('columnheader', { name: 'Rejected' }).waitFor();
    await page.locator('table.rows tbody th a').first().click();
    await page.getByRole('heading', { name: 'behind it' }).waitFor();
    await page.locator('.card h2 a').first().click();
    await page.getByRole('heading', { name: 'What the judge said' }).waitFor();
    expect(page.url()).toContain('/battle?id=');
    // The row is linked from its battle, whose page can be loaded by its address alone.
    await visit(watched, page.url());
    await page
      .getByRole('link', { name: /, row \d+/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'behind it' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'What the judge said' }).waitFor();
    expect(watched.troubles).toEqual([]);
    await page.context().close();
  });

  it('draws the training curves of each job, all of their metrics or one', async () => {
    const watched = await watchedPage(browser, dashboard.url);
    const { page } = watched;
    await visit(watched, base());
    const jobs = page.locator('.curves').getByLabel('Job');
    expect((await jobs.locator('option').allTextContents()).length).toBeGreaterThanOrEqual(4);
    const dpo = await jobs.locator('option', { hasText: 'dpo' }).first().getAttribute('value');
    await jobs.selectOption(dpo);
    await page.waitForURL(/job=/);
    await page.getByText('step 6 of 6').waitFor();
    await page.locator('.curves').getByLabel('Metric').selectOption('loss');
    const curve = page.getByRole('img', { name: `loss of ${dpo} by step` });
    await curve.waitFor();
    expect(await page.locator('.curves svg').count()).toBe(1);
    expect(await curve.locator('path').count()).toBeGreaterThanOrEqual(2);
    expect(watched.troubles).toEqual([]);
    await page.context().close();
  });

  it('opens the data page on pairs, and says what a judge does in its run', async () => {
    const watched = await watchedPage(browser, dashboard.url);
    const main = watched.page.locator('main');
    await visit(watched, `${base()}/data`);
    expect(await main.textContent()).toContain('Gap between the answers');
    await visit(watched, `${base()}/judges`);
    expect(await main.textContent()).toContain('rates and gates ·');
    expect(await main.textContent()).toContain('selects the training data ·');
    expect(await main.textContent()).not.toContain('−0.0%');
    // An arena with one judge, which selects nothing.
    await visit(watched, `${dashboard.url}/runs/hostile/judges`);
    expect(await main.textContent()).not.toContain('training data');
    expect(watched.troubles).toEqual([]);
    await watched.page.context().close();
  });

  it('keeps its filters in the address, and saves the leaderboard as CSV and PNG', async () => {
    const watched = await watchedPage(browser, dashboard.url);
    const { page } = watched;
    await visit(watched, `${base()}/battles`);
    await page.getByLabel('Purpose').selectOption('gate');
    await page.waitForURL(/purpose=gate/);
    await page.reload();
    expect(await page.getByLabel('Purpose').inputValue()).toBe('gate');

    await visit(watched, `${base()}/leaderboard`);
    const csv = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    expect(readFileSync(await (await csv).path(), 'utf8')).toMatch(/^model,rating,lower,upper/);
    const png = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as PNG' }).click();
    expect(
      readFileSync(await (await png).path())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(watched.troubles).toEqual([]);
    await page.context().close();
  });

  it('shows hostile answers as text: nothing runs, loads, links, turns or stretches', async () => {
    const watched = await watchedPage(browser, dashboard.url, { viewport: { width: 390, height: 844 } });
    const { page } = watched;
    const hostile = `${dashboard.url}/runs/hostile`;
    for (const rest of ['', '/leaderboard', '/battles', '/judges', '/compare']) {
      await visit(watched, hostile + rest);
      await unharmed(watched);
    }
    await visit(watched, `${hostile}/battles`);
    const links = await page
      .locator('table.rows tbody th a')
      .evaluateAll((all) => all.map((one) => (one as unknown as { href: string }).href));
    expect(links).toHaveLength(HOSTILE.length + 1);
    let seen = '';
    for (const link of links) {
      await visit(watched, link);
      await unharmed(watched);
      seen += await page.locator('main').textContent();
      const href = await page
        .getByRole('link', { name: 'The whole text' })
        .getAttribute('href', { timeout: 300 })
        .catch(() => null);
      if (href === null) continue;
      const whole = await fetch(dashboard.url + href);
      expect(whole.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await whole.text()).toHaveLength(1 << 20);
    }
    expect(seen).toContain(`<script>window.${MARK} = 1; alert(1)</script>`);
    expect(seen).toContain('![a picture](http://198.51.100.7/beacon.png)');
    expect(seen).toContain('ESC[31mred');
    expect(seen).toContain('RLOgpj.exePDF');
    expect(seen).toContain('the file is called RLOgpj.exePDF');
    expect(seen).toContain('20,000 of 1,048,576 characters');

    // Beside another answer it is cut sooner, and whole behind its link.
    await visit(watched, `${hostile}/compare?old=scholar`);
    await unharmed(watched);
    expect(await page.locator('main').textContent()).toContain('4,000 of 1,048,576 characters');
    const link = await page.getByRole('link', { name: 'The whole text' }).first().getAttribute('href');
    expect(await (await fetch(dashboard.url + link)).text()).toHaveLength(1 << 20);

    await page.context().close();
  });

  async function unharmed(watched: WatchedPage): Promise<void> {
    const { page, troubles } = watched;
    expect(troubles).toEqual([]);
    expect(await page.evaluate(`'${MARK}' in window`)).toBe(false);
    expect(await page.evaluate<string>(WORDS)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(await page.locator('main :is(script, iframe, style, img, object, embed, base)').count()).toBe(0);
    expect(await page.locator('a[href^="javascript:"], a[href*="198.51.100.7"]').count()).toBe(0);
    expect(await overflow(watched)).toBe(0);
  }
});

withBrowser('the dashboard over a million games', () => {
  let postgres: Postgres;
  let dashboard: RunningDashboard;
  let browser: Browser;

  beforeAll(async () => {
    const folder = temporaryFolder('million');
    mkdirSync(join(folder, 'artifacts'));
    postgres = await startPostgres({ dir: join(folder, 'postgres') });
    const store = await openStore(postgres.url);
    await fillLargeRun(store.pool, { battles: 500_000, artifacts: join(folder, 'artifacts'), say: () => undefined });
    await store.close();
    dashboard = await startDashboard({
      ...{ databaseUrl: postgres.url, temporalAddress: '127.0.0.1:1', namespace: 'default', uiUrl: null },
      ...{ artifacts: join(folder, 'artifacts'), port: 0, env: {} },
    });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
    await postgres?.stop();
  });

  it('each page shows what it is for', async () => {
    const watched = await watchedPage(browser, dashboard.url);
    const base = `${dashboard.url}/runs/${LARGE}`;
    for (const [path, word] of [
      ['', 'Event 299 of a long run'],
      ['/leaderboard', 'atlas'],
      ['/battles?outcome=failed', 'the context is too long'],
      ['/data', '20,000'],
      ['/judges', 'a random'],
      ['/compare?old=atlas&new=harbor', 'is better than'],
    ] as const) {
      await visit(watched, base + path);
      expect(await watched.page.locator('main').textContent()).toContain(word);
      expect(watched.troubles).toEqual([]);
    }
  });
});
