import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { say, userError } from '../setup/report.mjs';

const WIDE = { width: 1280, height: 880 };
const PHONE = { width: 390, height: 1130 };

/** The pictures by their names: an address, the heading of the card that is scrolled to, what is opened on the page before. */
const picturesOf = (run, pool) => {
  const base = `/runs/${encodeURIComponent(run)}`;
  return {
    runs: { path: '/' },
    run: { path: base },
    curves: { path: base, heading: 'Training' },
    leaderboard: { path: `${base}/leaderboard` },
    style: { path: `${base}/leaderboard?style=1`, heading: 'At equal style' },
    battles: { path: `${base}/battles?outcome=loss` },
    battle: { path: `${base}/battles?outcome=loss`, open: (page) => firstOf(page, 'What the judge said') },
    data: { path: `${base}/data` },
    row: { path: `${base}/data`, open: (page) => firstOf(page, 'behind it') },
    judges: { path: `${base}/judges` },
    compare: { path: `${base}/compare` },
    prompts: { path: `/prompts${pool === null ? '' : `?pool=${encodeURIComponent(pool)}`}` },
  };
};

/** Those of a run that plays or waits: how it stands, and its operator's form: the decision that it waits for, else the pause. */
const liveOf = (run) => {
  const path = `/runs/${encodeURIComponent(run)}`;
  const open = async (page) => {
    const state = await page.locator('.page-head .badge').first().textContent();
    if (state === 'done' || state === 'closed')
      throw userError(`The run ${run} is ${state}: name one that plays or waits for somebody.`);
    const buttons = page.getByRole('group', { name: 'Operate the run' }).getByRole('button');
    const decide = buttons.filter({ hasText: 'Decide' });
    await ((await decide.count()) > 0 ? decide : buttons.first()).click();
    await page.getByRole('dialog').waitFor();
  };
  return { live: { path }, operate: { path, open } };
};

/** Follows the first row of a page's list. */
async function firstOf(page, heading) {
  await page.locator('table.rows tbody th a').first().click();
  await page.getByRole('heading', { name: heading }).waitFor();
}

/** A pool of prompts of which something was dropped; null where there is none. */
async function poolWithDrops(url) {
  for (;;) {
    const { pools } = await (await fetch(new URL('/api/v1/pools', url))).json();
    if (pools.state !== 'pending') return pools.value?.find(({ dropped }) => dropped.length > 0)?.pool ?? null;
  }
}

/**
 * Pictures of a dashboard that is served over real runs: each page light, dark and on a phone, in one file.
 * @param run a finished one
 * @param live one that plays or waits for somebody; absent: its pictures are not taken
 */
export async function pictureDashboard(browser, { url, run, live, images }) {
  mkdirSync(images, { recursive: true });
  const take = async ({ path, heading, open }, options) => {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(120_000);
    await visit(page, new URL(path, url).href);
    if (open) await open(page);
    if (heading) {
      const found = page.getByRole('heading', { name: heading, exact: true });
      await found.evaluate((one) => one.closest('.card').scrollIntoView());
    }
    await settled(page);
    const picture = await page.screenshot({ type: 'png' });
    await page.close();
    return picture;
  };
  const pool = await poolWithDrops(url);
  if (pool === null) say('  no pool of prompts has dropped anything: that picture shows none');
  if (live === undefined) say('  no run in progress is named: its pictures are left as they are');
  // What goes on first: it may end.
  const pictures = { ...(live === undefined ? {} : liveOf(live)), ...picturesOf(run, pool) };
  for (const [name, picture] of Object.entries(pictures)) {
    const light = await take(picture, { viewport: WIDE, colorScheme: 'light' });
    const dark = await take(picture, { viewport: WIDE, colorScheme: 'dark' });
    const phone = await take(picture, { viewport: PHONE, colorScheme: 'light' });
    await compose(browser, [light, dark, phone], join(images, `dashboard-${name}.png`));
    say(`  docs/images/dashboard-${name}.png`);
  }
}

async function visit(page, address) {
  await page.goto(address);
  await page.locator('main h1').first().waitFor();
  await settled(page);
}

/** Waits until nothing loads or is being computed any more. */
async function settled(page) {
  const until = Date.now() + 120_000;
  while (Date.now() < until && (await page.locator('.loading').count()) > 0) await page.waitForTimeout(100);
  await page.waitForTimeout(500);
}

/** Light above dark, the phone beside them. */
async function compose(browser, [light, dark, phone], path) {
  const image = (picture) => `<img src="data:image/png;base64,${picture.toString('base64')}">`;
  const page = await browser.newPage({ viewport: { width: 1460, height: 1236 } });
  await page.setContent(
    `<style>
      body { margin: 0; padding: 12px; display: inline-flex; gap: 12px; background: #8a8f98 }
      div { display: grid; gap: 12px; align-content: start }
      img { display: block; border-radius: 6px }
      .wide img { width: 872px }
      .phone img { width: 418px }
    </style>
    <div class="wide">${image(light)}${image(dark)}</div><div class="phone">${image(phone)}</div>`,
  );
  await page.locator('body').screenshot({ path });
  await page.close();
}
