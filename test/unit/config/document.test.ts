import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDocument } from '../../../src/config/document';
import { repositoryRoot } from '../../../src/embedded/paths';

/** A table's cells without what Prettier pads them with. */
const squeezed = (markdown: string) =>
  markdown
    .split('\n')
    .filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .join('\n');

it('docs/configuration.md is that of the schema (else: npm run docs:configuration)', () => {
  const stored = readFileSync(join(repositoryRoot(), 'docs', 'configuration.md'), 'utf8');
  expect(squeezed(stored)).toBe(squeezed(configDocument()));
});

it('names each setting once, with what it may be', () => {
  const text = configDocument();
  expect(text).toContain('| `sft.threshold` | list of number ≥ 0, ≤ 9 | `[3,1,1]` |');
  expect(text).toContain('| `competitors[].key` | text or null | `null` |');
  const paths = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, path]) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.length).toBeGreaterThan(150);
});
