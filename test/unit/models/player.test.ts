import { judgeId, playerId, type PlayerIdentity } from '../../../src/models/player';

const player: PlayerIdentity = {
  model: 'm',
  revision: null,
  systemPrompt: null,
  sampling: { temperature: 0.7, topP: 1, maxTokens: 100 },
};

test('how a player is reached is no part of it', () => {
  const reached = { ...player, url: 'http://b/v1', key: 'k', price: { input: 1, output: 1 }, concurrency: 9 };
  expect(playerId(reached)).toBe(playerId(player));
  expect(playerId(player)).toMatch(/^[0-9a-f]{32}$/);
});

test('no stop words and an empty list of them are the same', () => {
  const sampling = { maxTokens: 100, topP: 1, temperature: 0.7, stop: [] };
  expect(playerId({ ...player, sampling })).toBe(playerId(player));
});

test('whatever changes the answers is a part of it', () => {
  const others: PlayerIdentity[] = [
    { ...player, model: 'n' },
    { ...player, revision: '2024-04' },
    { ...player, systemPrompt: 'Be brief.' },
    { ...player, sampling: null },
    { ...player, sampling: { temperature: 0, topP: 1, maxTokens: 100 } },
    { ...player, sampling: { temperature: 0.7, topP: 0.9, maxTokens: 100 } },
    { ...player, sampling: { temperature: 0.7, topP: 1, maxTokens: 101 } },
    { ...player, sampling: { temperature: 0.7, topP: 1, maxTokens: 100, stop: ['\n'] } },
  ];
  expect(new Set([player, ...others].map(playerId)).size).toBe(9);
});

test('a judge is another with another template', () => {
  const ids = ['scores-v1', 'scores-v2'].map((template) => judgeId({ ...player, template }));
  expect(new Set([...ids, playerId(player)]).size).toBe(3);
});
