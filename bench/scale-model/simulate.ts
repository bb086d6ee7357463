/** What one call costs each part, in seconds of CPU, and what a whole arena costs beside its calls. */
export interface UnitCosts {
  worker: number;
  /** Postgres, Temporal, and the endpoint where it runs on the same cores. */
  others: number;
  /** Seconds from the workflow's start to its first call and from its last reply to its completion. */
  around: number;
}

export interface Site {
  calls: number;
  /** Seconds of one call at the endpoint, and how many it serves at once; null: no limit. */
  latency: number;
  slots: number | null;
  workers: number;
  /** Calls in flight of one worker. */
  concurrency: number;
  /** Calls of all batches in flight: those that are asked, judged or not stored yet. */
  window: number;
  cores: number;
}

export interface Predicted {
  seconds: number;
  /** The share of its time that each part is busy: the one near 1 is what saturates. */
  busy: { endpoint: number; workerThread: number; cores: number };
}

/** Work on a core: of a worker's one thread, or of anything else. */
interface Job {
  seconds: number;
  thread: number | null;
  done: () => void;
}

/**
 * Plays an arena's calls as events: each takes a place of its worker, the worker's thread on a core, a slot of the endpoint for its latency, and then a core
 * for what stores it; the window bounds all that are not stored. Cores serve in the order of arrival, one job of each worker's thread at a time.
 */
export function simulate(site: Site, costs: UnitCosts): Predicted {
  const events = createEvents();
  const free = {
    cores: site.cores,
    slots: site.slots ?? Infinity,
    places: site.workers * site.concurrency,
    window: site.window,
  };
  const threads = Array.from({ length: site.workers }, () => false);
  const jobs: Job[] = [];
  const waiting: (() => void)[] = [];
  const spent = { cores: 0, thread: 0, endpoint: 0 };
  let started = 0;
  let stored = 0;

  const run = () => {
    for (let at = 0; at < jobs.length && free.cores > 0;) {
      const job = jobs[at]!;
      if (job.thread !== null && threads[job.thread]) {
        at++;
        continue;
      }
      jobs.splice(at, 1);
      free.cores--;
      if (job.thread !== null) threads[job.thread] = true;
      spent.cores += job.seconds;
      if (job.thread !== null) spent.thread += job.seconds;
      events.after(job.seconds, () => {
        free.cores++;
        if (job.thread !== null) threads[job.thread] = false;
        job.done();
        run();
      });
    }
  };
  const compute = (job: Job) => {
    jobs.push(job);
    run();
  };
  const serve = () => {
    while (free.slots > 0 && waiting.length > 0) {
      free.slots--;
      const reply = waiting.shift()!;
      spent.endpoint += site.latency;
      events.after(site.latency, () => {
        free.slots++;
        reply();
        serve();
      });
    }
  };
  const start = () => {
    while (started < site.calls && free.places > 0 && free.window > 0) {
      free.places--;
      free.window--;
      const thread = started++ % site.workers;
      const half = costs.worker / 2;
      const keep = () =>
        compute({
          seconds: costs.others,
          thread: null,
          done: () => {
            stored++;
            free.window++;
            start();
          },
        });
      const read = () =>
        compute({
          seconds: half,
          thread,
          done: () => {
            free.places++;
            keep();
            start();
          },
        });
      compute({ seconds: half, thread, done: () => (waiting.push(read), serve()) });
    }
  };
  start();
  const calling = events.run(() => stored === site.calls);
  return {
    seconds: calling + costs.around,
    busy: {
      endpoint: site.slots === null ? 0 : spent.endpoint / (calling * site.slots),
      workerThread: spent.thread / (calling * site.workers),
      cores: spent.cores / (calling * site.cores),
    },
  };
}

/** Events in the order of their times: a binary heap. */
function createEvents() {
  const heap: { time: number; act: () => void }[] = [];
  let now = 0;
  const swap = (i: number, j: number) => ([heap[i], heap[j]] = [heap[j]!, heap[i]!]);
  return {
    after(seconds: number, act: () => void): void {
      heap.push({ time: now + seconds, act });
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (heap[parent]!.time <= heap[at]!.time) break;
        swap(at, parent);
        at = parent;
      }
    },
    /** Goes on until `over` holds; returns the time then. */
    run(over: () => boolean): number {
      while (!over()) {
        const [first] = heap;
        const last = heap.pop();
        if (!first || !last) throw new Error('the simulated arena stands still before its end');
        if (heap.length > 0) {
          heap[0] = last;
          for (let at = 0; ;) {
            const [left, right] = [2 * at + 1, 2 * at + 2];
            let least = at;
            if (left < heap.length && heap[left]!.time < heap[least]!.time) least = left;
            if (right < heap.length && heap[right]!.time < heap[least]!.time) least = right;
            if (least === at) break;
            swap(at, least);
            at = least;
          }
        }
        now = first.time;
        first.act();
      }
      return now;
    },
  };
}
