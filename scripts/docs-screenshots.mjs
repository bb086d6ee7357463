#!/usr/bin/env node
/**
 * `npm run docs:screenshots`: the pictures of docs/operating.md, taken anew. A real run on embedded parts, in a home of its
 * own (.flywheel/docs), is operated through the Temporal UI in headless Chromium as an operator would: started with {},
 * its budget raised, paused, resumed, decided on, rolled back. Takes about ten minutes; needs FLYWHEEL_CHROMIUM or a
 * Chromium on the PATH.
 */
import { join } from 'node:path';
import environment from './environment.cjs';
import { openBrowser } from './docs/browser.mjs';
import { startStand } from './docs/stand.mjs';
import { createUi } from './docs/temporal-ui.mjs';
import { runMain, setup } from './setup.mjs';
import { say } from './setup/report.mjs';

const { root } = environment;
const images = join(root, 'docs', 'images');
const RUN = 'support';

/** The clicks, each with the picture that shows it. Pictures that a document names are listed in docs/operating.md. */
async function operate(stand, ui) {
  const { until } = stand;
  say('start with {}');
  await ui.fillStartForm(RUN, '{}');
  await ui.picture('start');
  await ui.submitStart();

  await until(
    'the budget is reached',
    ({ status, lastProblem }) => status === 'needs attention' && /budget|\$/i.test(lastProblem ?? ''),
  );
  await ui.openRun(RUN);
  await ui.tab('user-metadata');
  await ui.picture('needs-attention');

  say('raise the budget');
  await ui.openRun(RUN);
  await ui.fillUpdate('setBudget', '{"usd": 50}');
  await ui.picture('budget');
  await ui.submitUpdate();
  await until('the run goes on', ({ status, done }) => status === 'running' && done > 0);
  await ui.openRun(RUN);
  await ui.tab('user-metadata');
  await ui.picture('progress');

  say('pause, resume');
  await ui.openRun(RUN);
  await ui.fillUpdate('pause', '{"reason": "the GPU is needed elsewhere"}');
  await ui.picture('pause');
  await ui.submitUpdate();
  await until('the run is paused', ({ status }) => status === 'paused');
  await ui.openRun(RUN);
  await ui.tab('user-metadata');
  await ui.picture('paused');
  await ui.openRun(RUN);
  await ui.fillUpdate('resume', '');
  await ui.submitUpdate();

  say('decide');
  await until(
    'a gate asks',
    ({ status, lastProblem }) => status === 'needs attention' && /gate|promote/i.test(lastProblem ?? ''),
  );
  await ui.openRun(RUN);
  await ui.tab('user-metadata');
  await ui.picture('gate-asks');
  await ui.openRun(RUN);
  await ui.fillUpdate('decide', '{"action": "promote"}');
  await ui.picture('decide');
  await ui.submitUpdate();
  await until('the stage is finished', ({ steps }) => steps.some(({ label }) => label === 'r1-sft-a1'));
  await ui.openRun(RUN);
  await ui.picture('timeline');

  say('roll back');
  await ui.openRun(RUN);
  await ui.fillUpdate('rollback', '{"round": 1, "stage": "sft", "reason": "new prompts"}');
  await ui.picture('rollback');
  await ui.submitUpdate();
  await until('the run is back', ({ lastAction }) => /roll/i.test(lastAction ?? ''));
  await ui.openRun(RUN);
  await ui.tab('user-metadata');
  await ui.picture('rolled-back');
}

await runMain(async () => {
  await setup({ quiet: true });
  const browser = await openBrowser();
  try {
    const stand = await startStand(RUN);
    try {
      await operate(stand, await createUi(browser, stand.uiUrl, images));
    } finally {
      await stand.stop();
    }
  } finally {
    await browser.close();
  }
  return 0;
});
