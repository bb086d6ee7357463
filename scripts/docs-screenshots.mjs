#!/usr/bin/env node
/**
 * `npm run docs:screenshots`: the pictures of docs/operating.md, taken anew. A real run on embedded parts, in a home of its
 * own (.flywheel/docs), is operated through the Temporal UI in headless Chromium as an operator would: started with {},
 * its budget raised, paused, resumed, decided on, rolled back. Takes five to ten minutes; needs FLYWHEEL_CHROMIUM or a
 * Chromium on the PATH.
 *
 * `npm run docs:screenshots -- URL RUN [LIVE]`: those of the dashboard at that address, as `npm run demo` serves it, over that finished
 * run; with LIVE also those of a run that plays or waits for somebody. A pool of prompts of which something was dropped
 * (`npx flywheel prompts import`) is pictured where there is one.
 */
import { join } from 'node:path';
import environment from './environment.cjs';
import { openBrowser } from './docs/browser.mjs';
import { pictureDashboard } from './docs/dashboard.mjs';
import { startStand } from './docs/stand.mjs';
import { createUi } from './docs/temporal-ui.mjs';
import { runMain, setup } from './setup.mjs';
import { say } from './setup/report.mjs';

const { root } = environment;
const images = join(root, 'docs', 'images');
const RUN = 'support';

/** The clicks, each with the picture that shows it; docs/operating.md tells them. */
async function operate(stand, ui) {
  const { until } = stand;
  const details = async (picture) => {
    await ui.openRun(RUN);
    await ui.tab('user-metadata');
    if (picture) await ui.picture(picture);
  };
  const send = async (name, input, picture) => {
    say(`${name} ${input}`);
    await ui.fillUpdate(name, input);
    if (picture) await ui.picture(picture, 'dialog');
    await ui.submitUpdate();
  };

  say('start with {}');
  await ui.fillStartForm(RUN, '{}');
  await ui.picture('start');
  await ui.submitStart();

  await until(
    'the budget is reached',
    ({ status, lastProblem }) => status === 'needs attention' && /spent/.test(lastProblem ?? ''),
  );
  await details('needs-attention');
  await send('setBudget', '{"usd": 50}', 'budget');

  await until('the run goes on', ({ status, done, steps }) => status === 'running' && steps.length > 0 && done > 0);
  await details('progress');
  await send('pause', '{"reason": "the GPU is needed elsewhere"}', 'pause');
  await until('the run is paused', ({ status }) => status === 'paused');
  await details('paused');
  await send('resume', '');

  await until(
    'a gate asks',
    ({ status, lastProblem }) => status === 'needs attention' && !/spent/.test(lastProblem ?? ''),
  );
  await details('gate-asks');
  await send('decide', '{"action": "promote"}', 'decide');
  await until('the stage is finished', ({ steps }) => steps.some(({ label }) => label === 'r1-sft-a1'));
  await ui.openRun(RUN);
  await ui.picture('timeline');

  await details();
  await send('rollback', '{"round": 1, "stage": "sft", "reason": "new prompts"}', 'rollback');
  // What was in progress stops first.
  await until('the run is back', ({ lastAction, stage }) => /roll/i.test(lastAction ?? '') && stage === 'sft');
  await details('rolled-back');
}

async function pictureOperating(browser) {
  const stand = await startStand(RUN);
  try {
    await operate(stand, await createUi(browser, stand.uiUrl, images));
  } finally {
    await stand.stop();
  }
}

await runMain(async () => {
  const [url, run, live] = process.argv.slice(2);
  await setup({ quiet: true });
  const browser = await openBrowser();
  try {
    if (url && run) await pictureDashboard(browser, { url, run, live, images });
    else await pictureOperating(browser);
  } finally {
    await browser.close();
  }
  return 0;
});
