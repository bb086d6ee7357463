import type { MessageName } from '../../../workflows/messages';
import { operate, type Waiting } from '../../../workflows/operate';
import { renderProgress } from '../../../workflows/progress';
import {
  allSteps,
  champion,
  freshState,
  keptModels,
  labelOf,
  nextStep,
  roles,
  sameStageBefore,
} from '../../../workflows/steps';
import type { FinishedStep, FlywheelState, Place, Progress, RunPlan } from '../../../workflows/types';

const plan = { run: 'r', rounds: 2, stages: ['sft', 'dpo', 'ppo'], sftInit: 'I0', gatePrompts: 10 } as RunPlan;
const model = (label: string) => ({ checkpoint: `r/${label}`, label });

/** A finished step; a rejected candidate leaves `kept` in its place. */
function step(round: number, stage: Place['stage'], kept?: string): FinishedStep {
  const candidate = stage === 'start' || stage === 'round' ? null : model(labelOf({ round, stage, attempt: 1 }));
  return {
    round,
    stage,
    attempt: 1,
    decision: kept ? 'keep' : 'promote',
    model: kept ? model(kept) : (candidate ?? model('I0')),
    candidate,
  } as FinishedStep;
}
const roundEnd = (round: number, end: string): FinishedStep => ({ ...step(round, 'round'), model: model(end) });
const state = (...finished: FinishedStep[]): FlywheelState => ({ ...freshState(null), finished });
const firstRound = [step(0, 'start'), step(1, 'sft'), step(1, 'dpo'), step(1, 'ppo'), roundEnd(1, 'r1-ppo-a1')];

describe('steps', () => {
  it('accumulate data of a rejected candidate, not of a stage that was rolled back', () => {
    const made = (finished: FinishedStep, attempt = 1): FinishedStep => ({
      ...finished,
      attempt,
      datasets: { sft: `r/${labelOf({ ...finished, attempt })}/sft` },
    });
    const rejected = made(step(1, 'sft', 'I0'));
    const next = { round: 2, stage: 'sft' as const, attempt: 1 };
    const whole = state(step(0, 'start'), rejected, step(1, 'dpo'), step(1, 'ppo'), roundEnd(1, 'r1-ppo-a1'));
    expect(sameStageBefore(whole, next)?.datasets).toEqual({ sft: 'r/r1-sft-a1/sft' });
    expect(sameStageBefore(whole, { ...next, round: 1 })).toBeUndefined();

    const back = operate(plan, whole, null, 'rollback', { round: 1, stage: 'sft' });
    if (!('state' in back)) throw new Error('refused');
    expect(sameStageBefore(back.state, next)).toBeUndefined();
    const again = { ...back.state, finished: [...back.state.finished, made(step(1, 'sft'), back.state.attempt)] };
    expect(sameStageBefore(again, next)?.datasets).toEqual({ sft: 'r/r1-sft-a2/sft' });
  });

  it('go from the start through each round’s stages to its end', () => {
    expect(allSteps(plan).map(({ round, stage }) => `${round} ${stage}`)).toEqual([
      '0 start',
      '1 sft',
      '1 dpo',
      '1 ppo',
      '1 round',
      '2 sft',
      '2 dpo',
      '2 ppo',
      '2 round',
    ]);
    expect(nextStep(plan, state(...firstRound))).toEqual({ round: 2, stage: 'sft', attempt: 1 });
    expect(nextStep({ ...plan, rounds: 1 }, state(...firstRound))).toBeNull();
  });

  it('give each stage its target, base and like, as the paper’s table has them', () => {
    const labels = (finished: FinishedStep[], round: number, stage: Place['stage']) =>
      Object.values(roles(plan, state(...finished), { round, stage, attempt: 1 })).map(({ label }) => label);
    expect(labels(firstRound.slice(0, 1), 1, 'sft')).toEqual(['I0', 'I0', 'I0']);
    expect(labels(firstRound.slice(0, 2), 1, 'dpo')).toEqual(['r1-sft-a1', 'r1-sft-a1', 'r1-sft-a1']);
    expect(labels(firstRound, 2, 'sft')).toEqual(['r1-ppo-a1', 'I0', 'r1-sft-a1']);
  });

  it('go on with the opponent of a rejected candidate', () => {
    const rejected = [step(0, 'start'), step(1, 'sft'), step(1, 'dpo', 'r1-sft-a1')];
    expect(roles(plan, state(...rejected), { round: 1, stage: 'ppo', attempt: 1 }).base.label).toBe('r1-sft-a1');
    expect(champion(state(step(0, 'start'), step(1, 'sft', 'I0'), roundEnd(1, 'I0'))).label).toBe('I0');
    expect(keptModels(state(...firstRound)).map(({ label }) => label)).toEqual(['I0', 'r1-ppo-a1']);
  });
});

describe('operate', () => {
  const send = (name: MessageName, input?: unknown, at = state(...firstRound), waiting: Waiting | null = null) =>
    operate(plan, at, waiting, name, input);
  const paused = { ...state(...firstRound), paused: { mode: 'drain' as const, reason: 'x' } };

  it('pauses by an empty box, and refuses to pause or resume twice', () => {
    expect(send('pause')).toMatchObject({ state: { paused: { mode: 'drain' } }, effect: 'none' });
    expect(send('pause', { mode: 'now' })).toMatchObject({ effect: 'interrupt' });
    expect(send('pause', undefined, paused)).toMatchObject({
      refusal: expect.stringContaining('paused already') as string,
    });
    expect(send('pause', { mode: 'now' }, paused)).toMatchObject({ effect: 'interrupt' });
    expect(send('resume', undefined, paused)).toMatchObject({ state: { paused: null } });
    expect(send('resume')).toEqual({ refusal: 'The run is not paused.' });
  });

  it('rolls back by truncating the finished steps, and names what it supersedes', () => {
    expect(send('rollback', { round: 1, stage: 'dpo' })).toMatchObject({
      state: { attempt: 2, finished: firstRound.slice(0, 2) },
      effect: 'roll back',
    });
    expect(send('rollback', { round: 1 })).toMatchObject({ state: { finished: firstRound.slice(0, 1) } });
    expect(send('rollback', { round: 2, stage: 'sft' })).toMatchObject({
      effect: 'roll back',
      sentence: expect.stringContaining('; 0 checkpoints superseded'),
    });
    // The step in progress has trained one already.
    const inGate = { ...state(...firstRound), candidate: 'r/r2-sft-a1' };
    expect(send('rollback', { round: 2, stage: 'sft' }, inGate)).toMatchObject({
      state: { candidate: null },
      sentence: expect.stringContaining('; 1 checkpoint superseded'),
    });
    expect(send('rollback', { round: 1, stage: 'ppo' }, inGate)).toMatchObject({
      sentence: expect.stringContaining('; 2 checkpoints superseded'),
    });
  });

  it('takes no cap away that is not known yet', () => {
    const early = { ...state(), budgetUsd: 50 };
    expect(operate(null, early, null, 'setBudget', { usd: null })).toEqual({
      refusal: expect.stringContaining('still being checked') as string,
    });
    expect(operate(null, early, null, 'setBudget', { usd: 80 })).toMatchObject({ state: { budgetUsd: 80 } });
  });

  it.each<[MessageName, unknown, RegExp]>([
    ['rollback', undefined, /\{"round": 1, "stage": "dpo"\}/],
    ['rollback', { round: 2, stage: 'ppo' }, /has not run yet/],
    ['rollback', { round: 9 }, /no stage sft in round 9/],
    ['rollback', { round: 1, settings: {} }, /rollback needs a place/],
    ['rollback', { round: 1, set: 'beta' }, /must hold settings as in the configuration file/],
    ['rollback', { round: 1, stage: 'round' }, /no stage round in round 1/],
    ['rollback', 3, /rollback needs a place/],
    ['setBudget', { usd: Infinity }, /\{"usd": 50\}/],
    ['setBudget', { usd: null }, /no cap already/],
    ['setBudget', [50], /\{"usd": 50\}/],
    ['decide', undefined, /waits for no decision/],
    ['resume', 'please', /resume takes nothing/],
    ['pause', 'now', /\{"mode": "now"/],
    ['pause', { reason: 7 }, /\{"mode": "now"/],
    ['setBudget', undefined, /\{"usd": 50\}/],
    ['setBudget', { usd: -1 }, /\{"usd": 50\}/],
    ['decide', { action: 'retry' }, /waits for no decision/],
    ['pause', { mode: 'later' }, /\{"mode": "now"/],
  ])('refuses %s %j with a ready example or the reason', (name, input, sentence) => {
    expect(send(name, input)).toMatchObject({ refusal: expect.stringMatching(sentence) as string });
  });

  it('decides only what is asked, and a raised budget releases a run that waits for it', () => {
    const waiting: Waiting = { reason: 'sft: $5.00 of $5.00 are spent.', actions: ['retry', 'stop'], spentUsd: 5 };
    expect(send('decide', { action: 'promote' }, state(), waiting)).toMatchObject({
      refusal: expect.stringContaining('{"action": "retry"}') as string,
    });
    expect(send('decide', { action: 'stop' }, state(), waiting)).toMatchObject({ effect: 'release', decision: 'stop' });
    expect(send('setBudget', { usd: 10 }, state(), waiting)).toMatchObject({
      state: { budgetUsd: 10 },
      effect: 'release',
      decision: 'retry',
    });
    expect(send('setBudget', { usd: 10 })).toMatchObject({ effect: 'none' });
  });
});

describe('renderProgress', () => {
  const progress: Progress = {
    ...{
      run: 'r',
      name: 'n',
      status: 'running',
      round: 1,
      rounds: 2,
      stage: 'sft',
      step: 'playing ``` battles',
      done: 5,
      total: 10,
      rate: 2.5,
      etaSeconds: 2,
    },
    ...{
      spend: { calls: 7, failedCalls: 0, tokens: 9, usd: 1.5 },
      budgetUsd: 3,
      steps: [],
      leaderboard: [{ player: 'poet', rating: 1000, lower: null, upper: 1010 }],
    },
    ...{ lastAction: 'word '.repeat(30).trim(), lastProblem: null, nextAction: 'none needed' },
  };
  it('is one fenced block of aligned lines that nothing inside can end, and that the UI does not cut', () => {
    const lines = renderProgress(progress).split('\n');
    expect([lines[0], lines.at(-1)]).toEqual(['```', '```']);
    expect(lines.slice(1, -1).join('\n')).not.toContain('```');
    expect(lines.join('\n')).toContain('5/10  3/s, 2 s left');
    expect(lines.join('\n')).toContain('1000 (-∞ to 1010)');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70);
  });
});
