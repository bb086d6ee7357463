import type { DashboardDeps } from '../../../src/dashboard/deps';
import { readAudit } from '../../../src/dashboard/read/judges';

it('audits votes on the thread for long computations: the one that answers pages reads the run alone', async () => {
  const query = jest.fn().mockResolvedValue({ rows: [{ id: 'a run' }] });
  const ask = jest.fn().mockResolvedValue('the audit');
  const deps = { pool: { query }, heavy: { ask } } as unknown as DashboardDeps;
  expect(await readAudit(deps, 'a run', 'data', 'votes')).toBe('the audit');
  expect(ask.mock.calls).toEqual([['audit', { run: 'a run', judge: 'data', votes: 'votes' }]]);
  expect(query.mock.calls).toEqual([[expect.stringContaining('from runs where id'), ['a run']]]);
});
