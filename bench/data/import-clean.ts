import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../src/embedded/postgres';
import type { Bench, Row } from '../bench';
import { writeConversations, type Kind } from './generate';

interface Cleaned {
  seconds: number;
  megabytes: number;
  counts: Record<string, number>;
}

const GOAL = { any: 50_000, en: 20_000 };
const MEMORY_MB = 1024;
/** Linear: the rate at the largest size is at least this share of that at the smallest. */
const LINEAR = 0.7;

/** Rows a second and peak memory of import and cleaning, without and with language identification, without and with Postgres. */
export async function importCleanRows({ short, say }: Parameters<Bench['run']>[0]): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-data-'));
  const postgres = await startPostgres({ dir: join(folder, 'postgres') });
  try {
    const rows: Row[] = [];
    const rates = new Map<string, number[]>();
    for (const count of short ? [20_000] : [100_000, 300_000, 1_000_000]) {
      const file = join(folder, `${count}.jsonl`);
      say(`${count} conversations`);
      const planted = await writeConversations(file, {
        ...{ count, seed: 1 },
        ...{ duplicates: 0.2, contamination: 0.01, dirt: 0.06 },
      });
      for (const language of ['any', 'en'] as const)
        for (const url of [null, postgres.url]) {
          const name = `import and clean ${count} rows, ${language === 'any' ? 'without language' : 'language en'}, ${url === null ? 'without Postgres' : 'into Postgres'}`;
          say(name);
          const cleaned = await inProcess(file, language, url);
          const rate = count / cleaned.seconds;
          const key = `${language} ${url === null ? 'without Postgres' : 'into Postgres'}`;
          rates.set(key, [...(rates.get(key) ?? []), rate]);
          rows.push(...figures(name, rate, GOAL[language], url === null && !short, cleaned, planted, language));
        }
      await rm(file);
    }
    if (!short)
      for (const [key, [first = 0, ...more]] of rates) {
        const figure = (more.at(-1) ?? 0) / first;
        rows.push({
          name: `growth, ${key}`,
          goal: `≥ ${LINEAR}`,
          figure,
          unit: 'rate at 1M / at 100k',
          ok: figure >= LINEAR,
        });
      }
    return rows;
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function figures(
  name: string,
  rate: number,
  goal: number,
  judged: boolean,
  { megabytes, counts }: Cleaned,
  planted: Record<Kind, number>,
  language: 'any' | 'en',
): Row[] {
  const missed = [
    ...(counts['minWords'] === undefined || counts['minWords'] < planted.short ? ['short'] : []),
    ...(counts['personal'] === undefined || counts['personal'] < planted.personal ? ['personal'] : []),
    ...(language === 'en' && (counts['language'] ?? 0) < planted.foreign ? ['foreign'] : []),
  ];
  const said = Object.entries(counts).map(([step, count]) => `${step} ${count}`);
  return [
    { name, goal: `≥ ${goal}`, figure: rate, unit: 'rows/s', ok: judged ? rate >= goal : null, note: said.join(', ') },
    { name: `${name}: memory`, goal: `≤ ${MEMORY_MB}`, figure: megabytes, unit: 'MB', ok: megabytes <= MEMORY_MB },
    {
      name: `${name}: planted dirt that stayed`,
      goal: '0',
      figure: missed.length,
      unit: 'kinds',
      ok: missed.length === 0,
      ...(missed.length > 0 ? { note: `dropped ${said.join(', ')}; planted ${JSON.stringify(planted)}` } : {}),
    },
  ];
}

async function inProcess(file: string, language: string, url: string | null): Promise<Cleaned> {
  const program = join(__dirname, 'import-clean-process.js');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    file,
    language,
    ...(url === null ? [] : [url]),
  ]);
  return JSON.parse(stdout) as Cleaned;
}
