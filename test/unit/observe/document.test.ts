import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../src/embedded/paths';
import { createMeters } from '../../../src/observe/metrics/meters';

it('docs/observability.md lists every metric with its labels, as the code registers them', async () => {
  const { register } = createMeters();
  const wanted = (await register.getMetricsAsJSON()).map(({ name, type, help }) => {
    const { labelNames } = register.getSingleMetric(name) as unknown as { labelNames: string[] };
    return [`\`${name}\``, String(type), labelNames.map((label) => `\`${label}\``).join(' '), help];
  });
  const document = readFileSync(join(repositoryRoot(), 'docs', 'observability.md'), 'utf8');
  const rows = document
    .split('\n')
    .filter((line) => line.startsWith('| `flywheel_'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(wanted);
});
