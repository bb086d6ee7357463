import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../setup/report.mjs';

const WIDE = { width: 1280, height: 880 };
const PHONE = { width: 390, height: 1130 };

/** The pages by the names of their pictures. */
const pagesOf = (run) => {
  const base = `/runs/${encodeURIComponent(run)}`;
  return {
    runs: '/',
    run: base,
    leaderboard: `${base}/leaderboard`,
    battles: `${base}/battles?outcome=loss`,
    data: `${base}/data`,
    judges: `${base}/judges`,
    compare: `${base}/compare`,
    prompts: '/prompts',
  };
};

/** Pictures of a dashboard that is served over a real run: each page light, dark and on a phone, in one file. */
export async function pictureDashboard(browser, { url, run, images }) {
  mkdirSync(images, { recursive: true });
  const take = async (address, options, open) => {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(120_000);
    await visit(page, address);
    if (open) await open(page);
    const picture = await page.screenshot({ type: 'png' });
    const at = page.url();
    await page.close();
    return { picture, at };
  };
  const takeAll = async (name, address) => {
    const light = await take(address, { viewport: WIDE, colorScheme: 'light' });
    const dark = await take(address, { viewport: WIDE, colorScheme: 'dark' });
    const phone = await take(address, { viewport: PHONE, colorScheme: 'light' });
    await compose(browser, [light, dark, phone], join(images, `dashboard-${name}.png`));
    say(`  docs/images/dashboard-${name}.png`);
  };
  for (const [name, path] of Object.entries(pagesOf(run))) await takeAll(name, new URL(path, url).href);

  const { at: battle } = await take(new URL(pagesOf(run).battles, url).href, { viewport: WIDE }, async (page) => {
    await page.locator('table.rows tbody th a').first().click();
    await page.getByRole('heading', { name: 'What the judge said' }).waitFor();
  });
  await takeAll('battle', battle);
}

/** Opens an address and waits until nothing loads or is being computed any more. */
async function visit(page, address) {
  await page.goto(address);
  await page.locator('main h1').first().waitFor();
  const until = Date.now() + 120_000;
  while (Date.now() < until && (await page.locator('.loading').count()) > 0) await page.waitForTimeout(100);
  await page.waitForTimeout(500);
}

/** Light above dark, the phone beside them. */
async function compose(browser, [light, dark, phone], path) {
  const image = ({ picture }) => `<img src="data:image/png;base64,${picture.toString('base64')}">`;
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
