import { audit } from '../../../src/judge/audit/audit';
import { judgementsOf } from '../../../src/judge/audit/of-run';
import { createJudge } from '../../../src/judge/judge';
import { createChatClient } from '../../../src/models/client';
import { JUDGES } from '../../../src/sandbox/judges';
import { playerReply } from '../../../src/sandbox/players';
import { promptPool } from '../../../src/sandbox/pocket-english/pool';
import { startSandbox } from '../../../src/sandbox/server';
import type { JudgedBattle } from '../../../src/store/audit';

/** The sandbox's data judge, asked through its HTTP server, shows the position bias that was ordered. */

const NOISE = 1;

/** Two scripted players' answers to every prompt. */
const BATTLES = promptPool({ count: 80, split: 'test', seed: 1 }).map(({ text: prompt }) => ({
  prompt,
  a: playerReply('scholar', prompt, 0),
  b: playerReply('tutor', prompt, 0),
}));

/** What the judge says of them in both orders, asked through HTTP. */
async function judged(positionBias: number): Promise<JudgedBattle[]> {
  const sandbox = await startSandbox({ positionBias, noise: NOISE });
  try {
    const judge = createJudge({
      ...{ model: 'data-judge', revision: null, systemPrompt: null, template: 'scores-v1' },
      sampling: { temperature: 0, topP: 1, maxTokens: 200 },
      client: createChatClient({
        ...{ url: sandbox.url, key: null, concurrency: 16, timeoutMs: 10_000, retries: 0 },
        price: { input: 0, output: 0 },
      }),
    });
    return await Promise.all(
      BATTLES.map(async ({ prompt, a, b }) => {
        const asked = [{ role: 'user' as const, content: prompt }];
        const [one, two] = await Promise.all([judge.judge(asked, a, b), judge.judge(asked, b, a)]);
        const verdicts = { aFirst: one.verdict, bFirst: two.verdict };
        return { prompt, a: 'scholar', b: 'tutor', ...verdicts, lengthA: a.length, lengthB: b.length };
      }),
    );
  } finally {
    await sandbox.close();
  }
}

/** Probabilities of the scores that an opinion can get, by the sandbox's options: bias and noise added, rounded to .5 within 1 to 10. */
function scoresOf(opinion: number, bias: number): Map<number, number> {
  const scores = new Map<number, number>();
  for (let bytes = 0; bytes <= 510; bytes++) {
    // Two uniform bytes with this sum.
    const probability = (256 - Math.abs(bytes - 255)) / 65_536;
    const exact = opinion + (NOISE * (bytes - 255)) / 255 + bias;
    const score = Math.min(10, Math.max(1, Math.round(exact * 2) / 2));
    scores.set(score, (scores.get(score) ?? 0) + probability);
  }
  return scores;
}

/** Expected score of the answer shown first: 1 for a higher score than the other, ½ for the same. */
function expectedFirst(first: number, second: number, bias: number): number {
  let sum = 0;
  for (const [own, p] of scoresOf(first, bias))
    for (const [other, q] of scoresOf(second, 0)) sum += own > other ? p * q : own === other ? (p * q) / 2 : 0;
  return sum;
}

/** The advantage that the ordered bias gives the first answer on these battles. */
function orderedAdvantage(bias: number): number {
  const sum = BATTLES.reduce((total, { prompt, a, b }) => {
    const [own, other] = [a, b].map((answer) => JUDGES['data-judge'].opinion(prompt, answer)?.score ?? NaN);
    return total + (expectedFirst(own!, other!, bias) + expectedFirst(other!, own!, bias)) / 2 - 0.5;
  }, 0);
  return sum / BATTLES.length;
}

test.each([0, 0.5, -1])('the interval of the first-shown advantage holds that of a bias of %d points', async (bias) => {
  const { advantage } = audit([], judgementsOf(await judged(bias), new Map())).position;
  expect(advantage.n).toBe(BATTLES.length);
  expect(advantage.lower).toBeLessThan(orderedAdvantage(bias));
  expect(advantage.upper).toBeGreaterThan(orderedAdvantage(bias));
  // And it tells this bias from none.
  const side = Math.sign(bias);
  expect([advantage.lower, advantage.upper].map((end) => Math.sign(end!))).toEqual(side ? [side, side] : [-1, 1]);
});
