import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runFolder } from '../../../activities/context';
import { checkpointsOf } from '../../store/artifacts';
import type { Job, JobProgress } from '../../training/job';
import { fetchRecord } from '../../training/record';
import type { DashboardDeps } from '../deps';
import type { Curves } from '../schemas/runs';

/** A curve is drawn from so many points: the means of as many pieces of the training. */
const MOST_POINTS = 240;
const PLACE = /^r(\d+)-[a-z]+-a(\d+)$/;

/** What has been read of one `progress.jsonl`; the rest of a file that grows is read from where the last reading ended. */
interface Log {
  read: number;
  rest: string;
  steps: number;
  step: number;
  points: Map<string, [number, number][]>;
}

/** Reads training curves, each file once: of jobs whose folders are here as they grow, of other hosts' jobs when they are finished. */
export function createCurves({ pool, artifacts }: Pick<DashboardDeps, 'pool' | 'artifacts'>) {
  const logs = new Map<string, Log>();
  /** Jobs whose records are here, or on their way. */
  const brought = new Set<string>();

  /** Nobody waits for it: when they are here, the page is told, as of a curve that grows. */
  async function bringFinished(run: string, folder: string): Promise<void> {
    const trained = (await checkpointsOf(pool, run)).filter(({ id, job }) => job !== null && !brought.has(id));
    for (const { id } of trained) brought.add(id);
    for (const { id } of trained)
      await fetchRecord(artifacts, join(folder, id.slice(run.length + 1))).catch(() => brought.delete(id));
  }

  async function logOf(path: string): Promise<Log> {
    const size = (await stat(path)).size;
    let log = logs.get(path);
    // A job that begins anew writes a new file.
    if (!log || size < log.read) logs.set(path, (log = { read: 0, rest: '', steps: 0, step: 0, points: new Map() }));
    if (size === log.read) return log;
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - log.read), 0, size - log.read, log.read);
      log.read += bytesRead;
      const lines = (log.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      log.rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') add(log, JSON.parse(line) as JobProgress);
    } finally {
      await file.close();
    }
    return log;
  }

  async function jobOf(folder: string, label: string): Promise<Curves['jobs'][number] | null> {
    try {
      const { kind } = JSON.parse(await readFile(join(folder, 'job.json'), 'utf8')) as Job;
      const { steps, step, points } = await logOf(join(folder, 'progress.jsonl'));
      const finished = await stat(join(folder, 'result.json')).then(
        () => true,
        () => false,
      );
      const [, round, attempt] = PLACE.exec(label) ?? [];
      return {
        ...{ label, kind, steps, step, finished },
        round: round === undefined ? null : Number(round),
        attempt: attempt === undefined ? null : Number(attempt),
        series: [...points].map(([metric, all]) => ({ metric, points: thinned(all) })),
      };
    } catch {
      // A job that has not logged yet, or a folder that is none.
      return null;
    }
  }

  return async (run: string): Promise<Curves> => {
    const folder = join(artifacts.root, runFolder(run));
    void bringFinished(run, folder).catch(() => undefined);
    const labels = await readdir(folder).catch(() => []);
    const jobs = await Promise.all(
      labels.sort((x, y) => x.localeCompare(y)).map((label) => jobOf(join(folder, label), label)),
    );
    return { jobs: jobs.filter((job) => job !== null) };
  };
}

/** A job that goes on from a checkpoint logs some steps again: the later ones count. */
function add(log: Log, { step, steps, metrics }: JobProgress): void {
  log.steps = steps;
  log.step = step;
  for (const [metric, value] of Object.entries(metrics)) {
    const points = log.points.get(metric) ?? [];
    log.points.set(metric, points);
    while (points.length > 0 && points.at(-1)![0] >= step) points.pop();
    points.push([step, value]);
  }
}

function thinned(points: readonly [number, number][]): [number, number][] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const piece = points.slice(index * size, (index + 1) * size);
    const mean = piece.reduce((sum, [, value]) => sum + value, 0) / piece.length;
    return [piece.at(-1)![0], mean];
  });
}
