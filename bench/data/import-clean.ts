import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, Row } from '../bench';
import { measureOnAllCores } from '../process';
import { writeConversations, type Kind } from './generate';

const GOAL = { any: 50_000, en: 20_000 };
const MEMORY_MB = 1024;
/** Linear: the rate at the largest size is at least this share of that at the smallest. */
const LINEAR = 0.7;

/** Rows a second and peak memory of reading, identifying and cleaning, without and with language identification; no database. */
export async function importCleanRows({ short, say }: BenchOptions): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-data-'));
  try {
    const rows: Row[] = [];
    const rates = { any: [] as number[], en: [] as number[] };
    for (const count of short ? [20_000] : [100_000, 300_000, 1_000_000]) {
      const file = join(folder, `${count}.jsonl`);
      const planted = await writeConversations(file, {
        ...{ count, seed: 1 },
        ...{ duplicates: 0.2, contamination: 0.01, dirt: 0.06 },
      });
      for (const language of ['any', 'en'] as const) {
        const name = `import and clean ${count} rows, ${language === 'any' ? 'without language' : 'language en'}`;
        say(name);
        const program = join(__dirname, 'import-clean-process.js');
        const { seconds, peakMb, counts } = await measureOnAllCores([program, file, language]);
        const rate = count / Number(seconds);
        rates[language].push(rate);
        const found = counts as Record<string, number>;
        rows.push(
          {
            name,
            goal: `≥ ${GOAL[language]}`,
            figure: rate,
            unit: 'rows/s',
            ok: short ? null : rate >= GOAL[language],
            note: said(found),
          },
          { name: `${name}: memory`, goal: `≤ ${MEMORY_MB}`, figure: peakMb, unit: 'MB', ok: peakMb <= MEMORY_MB },
          plantedRow(name, found, planted, language),
        );
      }
      await rm(file);
    }
    if (!short)
      for (const [language, [first = 0, ...more]] of Object.entries(rates)) {
        const figure = (more.at(-1) ?? 0) / first;
        rows.push({
          name: `growth of import and clean, language ${language}`,
          goal: `≥ ${LINEAR}`,
          figure,
          unit: 'rate at 1M / at 100k',
          ok: figure >= LINEAR,
        });
      }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function plantedRow(
  name: string,
  counts: Record<string, number>,
  planted: Record<Kind, number>,
  language: 'any' | 'en',
): Row {
  const missed = [
    ...((counts['minWords'] ?? 0) < planted.short ? ['short'] : []),
    ...((counts['personal'] ?? 0) < planted.personal ? ['personal'] : []),
    ...(language === 'en' && (counts['language'] ?? 0) < planted.foreign ? ['foreign'] : []),
  ];
  return {
    name: `${name}: planted dirt that stayed`,
    goal: '0',
    figure: missed.length,
    unit: 'kinds',
    ok: missed.length === 0,
    ...(missed.length > 0 ? { note: `planted ${said(planted)}` } : {}),
  };
}

const said = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([step, count]) => `${step} ${count}`)
    .join(', ');
