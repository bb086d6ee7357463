import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { progressSchema } from '../../../src/dashboard/schemas/runs';
import { repositoryRoot } from '../../../src/embedded/paths';

it('docs/progress.md describes every field of the query, and no other', () => {
  const text = readFileSync(join(repositoryRoot(), 'docs', 'progress.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const described = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(new Set(described)).toEqual(new Set(Object.keys(progressSchema.shape)));
  const steps = Object.keys(progressSchema.shape.steps.element.shape);
  for (const name of steps) expect(rows.find((row) => row.startsWith('| `steps`'))).toContain(name);
});
