import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../setup/report.mjs';

const VIEW = { width: 1440, height: 800 };
const PARTS = {
  page: { x: 256, y: 48, width: 1184, height: 752 },
  dialog: { x: 320, y: 128, width: 800, height: 544 },
};

/** The Temporal UI as an operator clicks through it. Menus and dialogs stand twice in its pages, so the visible one is taken. */
export async function createUi(browser, uiUrl, images) {
  mkdirSync(images, { recursive: true });
  const page = await browser.newPage({ viewport: VIEW });
  // A page with a long timeline keeps a busy machine's browser from answering for a while.
  page.setDefaultTimeout(120_000);
  const shown = (locator) => locator.locator('visible=true').first();
  const byId = (id) => shown(page.getByTestId(id));
  /** Its editors are CodeMirror: the text is typed over what stands there. */
  async function write(text) {
    await shown(page.locator('.cm-content')).click();
    await page.keyboard.press('ControlOrMeta+A');
    if (text === '') await page.keyboard.press('Delete');
    else await page.keyboard.insertText(text);
    await page.keyboard.press('Tab');
  }
  const settle = (milliseconds = 1500) => page.waitForTimeout(milliseconds);

  return {
    async fillStartForm(id, input) {
      const form = `${uiUrl}/namespaces/default/workflows/start-workflow?taskQueue=flywheel&workflowType=flywheel`;
      await page.goto(form, { waitUntil: 'load' });
      await page.locator('#workflowId').fill(id);
      await write(input);
      await settle();
    },
    async submitStart() {
      await byId('start-workflow-button').click();
      await page.getByText('Workflow started successfully').first().waitFor();
    },
    /** The run's page; it never comes to rest, because it waits for news. */
    async openRun(id) {
      await page.goto(`${uiUrl}/namespaces/default/workflows/${id}`, { waitUntil: 'load' });
      await byId('timeline-tab').waitFor();
      await settle(2500);
    },
    async tab(name) {
      await byId(`${name}-tab`).click();
      await settle();
      await page.keyboard.press('r');
      await settle();
    },
    async fillUpdate(name, input) {
      await shown(page.getByRole('button', { name: 'More Actions' })).click();
      await byId('update-button').click();
      await byId('update-select-button').click();
      await shown(page.getByRole('option', { name: new RegExp(`^${name}`) })).click();
      await settle(500);
      if (input !== '') await write(input);
      await settle();
    },
    async submitUpdate() {
      await byId('confirm-modal-button').click();
      await settle(3000);
    },
    /** What is shown, or the part of it that matters: `dialog`, or `page` without the menu at the side. */
    async picture(name, part = 'page') {
      await page.screenshot({ path: join(images, `${name}.png`), clip: PARTS[part] });
      say(`  docs/images/${name}.png`);
    },
  };
}
