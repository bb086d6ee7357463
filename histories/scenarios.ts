import { setTimeout as sleep } from 'node:timers/promises';
import { judging, trained, until } from '../chaos/moments';
import type { Stand } from '../chaos/stand';
import { signals, updates, type MessageName } from '../workflows/messages';
import type { Progress } from '../workflows/types';
import type { Scenario } from './record';

const update = (stand: Stand, name: MessageName, input?: unknown) =>
  stand.run().executeUpdate(updates[name], { args: [input] });
const signal = (stand: Stand, name: MessageName, input?: unknown) => stand.run().signal(signals[name], input);

const isSo = (stand: Stand, what: string, holds: (progress: Progress) => boolean) =>
  until(what, async () => holds(await stand.progress()));
const paused = (stand: Stand) => isSo(stand, 'the run paused', ({ status }) => status === 'paused');
const attention = (stand: Stand) =>
  isSo(stand, 'the run that needs attention', ({ status }) => status === 'needs attention');

/** The demo's shape, and each kind of message as an update and as a signal, at the moments where they matter. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'demo',
    config: (usual) => ({
      ...usual,
      rounds: 2,
      evaluation: { ...usual.evaluation, dataJudge: true },
      competitors: usual.competitors?.map((one, index) => (index === 0 ? { ...one, joins: 2 } : one)),
    }),
  },
  { name: 'arena', type: 'arena' },
  {
    name: 'pause',
    async act(stand) {
      await judging('sft', 'training')(stand);
      await update(stand, 'pause');
      await paused(stand);
      await update(stand, 'resume');
      await trained('r1-dpo-a1', 4)(stand);
      await update(stand, 'pause', { mode: 'now', reason: 'the GPU is needed elsewhere' });
      await paused(stand);
      await update(stand, 'resume');
      await judging('ppo', 'training')(stand);
      await update(stand, 'pause', { mode: 'now' });
      await update(stand, 'resume');
    },
  },
  {
    name: 'rollback',
    async act(stand) {
      await judging('dpo', 'gate')(stand);
      await update(stand, 'rollback', { round: 1, stage: 'sft', reason: 'the data were wrong' });
      await trained('r1-dpo-a2', 4)(stand);
      await update(stand, 'rollback', { round: 1, stage: 'dpo', set: { dpo: { beta: 0.2 } } });
    },
  },
  {
    name: 'budget',
    config: (usual) => ({ ...usual, budget: { usd: 0.005 } }),
    async act(stand) {
      await attention(stand);
      await update(stand, 'setBudget', { usd: 100 });
    },
  },
  {
    name: 'decide',
    config: (usual) => ({ ...usual, gate: { ...usual.gate, rule: 'ask', confidence: 0.9999 } }),
    async act(stand) {
      await judging('sft', 'training')(stand);
      await stand.fault('401');
      await attention(stand);
      await stand.noFaults();
      await update(stand, 'decide', { action: 'retry' });
      // Gates whose interval holds one half ask; others do not.
      for (;;) {
        const { status, nextAction } = await stand.progress();
        if (status === 'needs attention')
          await update(stand, 'decide', { action: nextAction.includes('promote') ? 'promote' : 'retry' });
        if ((await stand.run().describe()).status.name !== 'RUNNING') return;
        await sleep(200);
      }
    },
  },
  {
    name: 'signals',
    async act(stand) {
      await judging('sft', 'training')(stand);
      await signal(stand, 'resume');
      await signal(stand, 'pause');
      await paused(stand);
      await signal(stand, 'setBudget', { usd: 100 });
      await signal(stand, 'resume');
      await stand.fault('404');
      await attention(stand);
      await stand.noFaults();
      await signal(stand, 'decide', { action: 'retry' });
      await trained('r1-dpo-a1', 4)(stand);
      await signal(stand, 'rollback', { round: 1, stage: 'dpo' });
    },
  },
  {
    name: 'cancelled',
    async act(stand) {
      await trained('r1-dpo-a1', 4)(stand);
      await stand.run().cancel();
      await stand
        .run()
        .result()
        .catch(() => undefined);
      await stand.start({ rollback: { round: 1, stage: 'sft' } });
    },
  },
  {
    // Goes on in new histories in the middle of either judge's arena, with messages before, between and after them.
    name: 'continued',
    type: 'arena',
    longHistory: 50,
    config: (usual) => ({
      ...usual,
      arena: { batch: 6, window: 2 },
      evaluation: { ...usual.evaluation, dataJudge: true },
    }),
    async act(stand) {
      await judging('start', 'evaluation')(stand);
      await update(stand, 'setBudget', { usd: 100 });
      await signal(stand, 'pause');
      await paused(stand);
      await signal(stand, 'setBudget', { usd: 200 });
      await update(stand, 'resume');
    },
  },
  { name: 'refused', config: (usual) => ({ ...usual, compettitors: [] }) },
];
