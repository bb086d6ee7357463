import type { Pool } from 'pg';
import { parseConfig } from '../../../src/config/load';
import { spending } from '../../../src/dashboard/read/run';
import type { Run } from '../../../src/store/runs';

it('a database that fails at one of the questions is told, and ends no process', async () => {
  const config = parseConfig({
    competitors: ['one', 'two'].map((id) => ({ id, url: 'http://127.0.0.1:9/v1', model: id })),
    judge: { url: 'http://127.0.0.1:9/v1', model: 'judge' },
    prompts: { source: ['prompts.jsonl'] },
  });
  // The ledger's question fails at once, the names' is answered later.
  const query = (text: string) =>
    text.includes('from ledger')
      ? Promise.reject(new Error('the database is away'))
      : new Promise((resolve) => setTimeout(() => resolve({ rows: [] }), 20));
  const pool = { query } as unknown as Pool;
  await expect(spending({ pool }, { id: 'run', config } as Run)).rejects.toThrow('the database is away');
});
