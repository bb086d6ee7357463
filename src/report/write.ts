import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors';
import { writeFileAtomic } from '../files';
import { chartsOf } from './charts';
import type { Report } from './document';
import { htmlReport } from './html';
import { markdownReport } from './markdown';
import { sectionsOf } from './sections';

/**
 * Writes report.json, report.md with its charts beside it, and report.html, which needs no other file. Each file is
 * replaced whole. Returns their paths.
 * @throws UserError where the folder cannot be written.
 */
export async function writeReport(report: Report, folder: string): Promise<string[]> {
  const charts = await chartsOf(report);
  const sections = sectionsOf(report, charts);
  const files: [string, string][] = [
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['report.md', markdownReport(report, sections)],
    ['report.html', htmlReport(report, sections)],
    ...sections.flatMap(({ chart }): [string, string][] => (chart ? [[`${chart.name}.svg`, `${chart.svg}\n`]] : [])),
  ];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of files) await writeFileAtomic(join(folder, name), content);
  } catch (error) {
    throw new UserError(
      `The report could not be written to ${folder}: ${messageOf(error)}. Name another folder with --out.`,
    );
  }
  return files.map(([name]) => join(folder, name));
}
