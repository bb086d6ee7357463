import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../src/embedded/paths';
import { NEAR_DUPLICATE_DEFAULTS } from '../../src/prompts/near-duplicates/settings';
import { createShingleSet } from '../../src/prompts/near-duplicates/shingle-set';
import { createUnitPages, createUnitWriter } from '../../src/prompts/near-duplicates/units';
import type { BenchOptions, Row } from '../bench';
import { peersPython } from '../peers-environment';
import { measure, type Measured } from '../process';
import { generateConversations, writeConversations } from './generate';

const PLANTED = { seed: 1, duplicates: 0.2, contamination: 0.01 };
const PACKAGES = ['datasketch==2.0.0', 'rensa==0.5.0'];
/** The largest size that a peer is asked for: at more, datasketch takes minutes. */
const PEERS_UP_TO = 100_000;
const GOALS = { recall: 0.98, rensa: 1, datasketch: 8, memory: 1 / 3, megabytes: 1024 };

/** Rows a second, memory, recall and precision of near-duplicates beside rensa and datasketch, which verify their candidates, too. */
export async function nearDuplicateRows({ short, say }: BenchOptions): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-near-duplicates-'));
  const peers = await peersPython('near-duplicates', PACKAGES);
  const rows: Row[] = [];
  try {
    for (const count of short ? [20_000] : [100_000, 300_000, 1_000_000]) {
      const file = join(folder, `${count}.jsonl`);
      const out = join(folder, `${count}.keepers`);
      say(`near-duplicates of ${count} rows`);
      await writeConversations(file, { ...PLANTED, count });
      const ours = await measure(process.execPath, [join(__dirname, 'near-duplicates-process.js'), file, out]);
      rows.push(...(await ownRows(count, ours, out)));
      if (count <= PEERS_UP_TO)
        for (const peer of ['rensa', 'datasketch'] as const) {
          say(`${peer}, ${count} rows`);
          rows.push(...(await peerRows(peers, peer, { count, file, out: join(folder, `${peer}.keepers`) }, ours)));
        }
      await rm(file);
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ownRows(count: number, { cpuSeconds, peakMb }: Measured, out: string): Promise<Row[]> {
  const name = `near-duplicates of ${count} rows`;
  const { recall, precision, pairs, dropped } = await quality(count, out);
  return [
    { name: `${name}: rate`, goal: '', figure: count / cpuSeconds, unit: 'rows per CPU second', ok: null },
    {
      name: `${name}: pair recall`,
      goal: `≥ ${GOALS.recall}`,
      figure: recall,
      unit: 'share',
      ok: recall >= GOALS.recall,
      note: `of ${pairs} planted pairs at 0.4 or more, those of which one is dropped`,
    },
    {
      name: `${name}: precision`,
      goal: '1',
      figure: precision,
      unit: 'share',
      ok: precision === 1,
      note: `${dropped} dropped`,
    },
    {
      name: `${name}: memory`,
      goal: `≤ ${GOALS.megabytes}`,
      figure: peakMb,
      unit: 'MB',
      ok: peakMb <= GOALS.megabytes,
    },
  ];
}

async function peerRows(
  peers: Awaited<ReturnType<typeof peersPython>>,
  peer: 'rensa' | 'datasketch',
  { count, file, out }: { count: number; file: string; out: string },
  ours: Measured,
): Promise<Row[]> {
  const name = `near-duplicates of ${count} rows`;
  if ('reason' in peers)
    return [{ name: `${name}: rate beside ${peer}`, goal: '', figure: 0, unit: '', ok: null, note: peers.reason }];
  const program = join(repositoryRoot(), 'bench', 'data', 'near-duplicates-peers.py');
  const theirs = await measure(peers.python, [program, peer, file, out]);
  const { recall, dropped } = await quality(count, out);
  const rate = theirs.cpuSeconds / ours.cpuSeconds;
  const memory = ours.peakMb / theirs.peakMb;
  const note = `${(count / theirs.cpuSeconds).toFixed(0)} rows per CPU second, recall ${recall.toFixed(4)}, ${dropped} dropped`;
  return [
    {
      name: `${name}: rate beside ${peer}`,
      goal: `≥ ${GOALS[peer]}`,
      figure: rate,
      unit: 'times',
      ok: rate >= GOALS[peer],
      note,
    },
    {
      name: `${name}: memory beside ${peer}`,
      goal: `≤ ${GOALS.memory.toFixed(2)}`,
      figure: memory,
      unit: 'times',
      ok: memory <= GOALS.memory,
      note: `${ours.peakMb.toFixed(0)} against ${theirs.peakMb.toFixed(0)} MB`,
    },
  ];
}

/** What a list of keepers is worth, by the exact similarity of each pair in it and of each planted pair. */
async function quality(count: number, out: string) {
  const bytes = await readFile(out);
  const keepers = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const { shingle, jaccard: threshold } = NEAR_DUPLICATE_DEFAULTS;
  const [pages, write, set] = [createUnitPages(), createUnitWriter(shingle), createShingleSet(shingle)];
  const planted: [number, number][] = [];
  let number = 0;
  for (const { prompt, of } of generateConversations({ ...PLANTED, count })) {
    pages.push(write(prompt));
    if (of?.startsWith('c-')) planted.push([Number(of.slice(2)), number]);
    number += 1;
  }
  const isAlike = (a: number, b: number): boolean => {
    set.load(pages.get(b));
    const other = set.size;
    set.load(pages.get(a));
    const common = set.common(pages.get(b), 0);
    return common >= threshold * (set.size + other - common);
  };
  const pairs = planted.filter(([a, b]) => isAlike(a, b));
  const found = pairs.filter(([a, b]) => keepers[a] !== a || keepers[b] !== b);
  const dropped = [...keepers.entries()].filter(([row, keeper]) => row !== keeper);
  const right = dropped.filter(([row, keeper]) => isAlike(keeper, row));
  return {
    recall: found.length / pairs.length,
    precision: right.length / dropped.length,
    pairs: pairs.length,
    dropped: dropped.length,
  };
}
