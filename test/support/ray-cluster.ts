import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { freePort } from '../../src/embedded/ports';
import { sendSignal, waitUntil } from '../../src/embedded/process';

/** The environment that has Ray and the trainer's packages; null where there is none. `npm run setup:cluster` makes it. */
export function rayPython(): string | null {
  const named = process.env['FLYWHEEL_RAY_PYTHON'] ?? join(__dirname, '..', '..', '.venv-ray');
  const python = existsSync(join(named, 'bin', 'python')) ? join(named, 'bin', 'python') : named;
  return existsSync(join(python, '..', 'ray')) ? python : null;
}

/** A real Ray cluster of this test's own: a head with one CPU for jobs, and any number of further nodes. */
export interface RayCluster {
  url: string;
  startHead(): Promise<void>;
  /** A further node, with as many CPUs for jobs. */
  addNode(cpus?: number): Promise<Node>;
  head(): Node;
  stop(): Promise<void>;
}

export interface Node {
  /** SIGKILL to every process of the node, at once. */
  kill(): Promise<void>;
}

/** Nodes are `ray start --block` in process groups of their own, so that one can be killed without the others. */
export async function rayCluster(python: string, folder: string): Promise<RayCluster> {
  const [port, dashboard, agent, client] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${dashboard}`;
  const nodes = new Set<Node>();
  let head: Node | null = null;
  let count = 0;

  async function start(args: string[]): Promise<Node> {
    mkdirSync(folder, { recursive: true });
    const mark = `flywheel-ray-${process.pid}-${++count}`;
    const log = openSync(join(folder, `node-${count}.log`), 'a');
    // All nodes share one machine here, so each needs ports of its own for its workers.
    const workers = [
      '--min-worker-port',
      String(20_000 + 100 * count),
      '--max-worker-port',
      String(20_099 + 100 * count),
    ];
    const child = spawn(
      join(python, '..', 'ray'),
      ['start', '--block', '--node-ip-address', '127.0.0.1', '--disable-usage-stats', ...workers, ...args],
      {
        detached: true,
        stdio: ['ignore', log, log],
        // The mark is in the environment of every process of the node, and tells whom to kill.
        env: { ...process.env, FLYWHEEL_TEST_NODE: mark, RAY_raylet_start_wait_time_s: '300' },
      },
    );
    closeSync(log);
    const node: Node = {
      async kill() {
        nodes.delete(node);
        for (let round = 0; round < 5; round++) for (const pid of marked(mark)) sendSignal(pid, 'SIGKILL');
        await waitUntil(() => marked(mark).length === 0, 20);
      },
    };
    child.unref();
    nodes.add(node);
    return node;
  }

  async function isUp(): Promise<boolean> {
    const answer = await request(`${url}/api/version`).catch(() => null);
    await answer?.body.dump();
    return answer?.statusCode === 200;
  }

  const cluster: RayCluster = {
    url,
    async startHead() {
      head = await start([
        ...['--head', '--port', String(port), '--dashboard-host', '127.0.0.1', '--dashboard-port', String(dashboard)],
        ...['--ray-client-server-port', String(client), '--temp-dir', join(folder, 'ray')],
        ...['--dashboard-agent-listen-port', String(agent), '--num-cpus', '1', '--object-store-memory', '100000000'],
      ]);
      if (!(await waitUntil(isUp, 240))) throw new Error(`Ray's head is not up; its logs are in ${folder}`);
    },
    async addNode(cpus = 1) {
      const before = await aliveNodes();
      const node = await start([
        ...['--address', `127.0.0.1:${port}`, '--num-cpus', String(cpus), '--object-store-memory', '100000000'],
        ...['--dashboard-agent-listen-port', String(await freePort())],
      ]);
      if (!(await waitUntil(async () => (await aliveNodes()) > before, 240)))
        throw new Error(`Ray's node is not up: ${folder}`);
      return node;
    },
    head() {
      if (!head) throw new Error('the head is not started');
      return head;
    },
    async stop() {
      for (const node of nodes) await node.kill();
    },
  };

  async function aliveNodes(): Promise<number> {
    const answer = await request(
      `${url}/api/v0/nodes?filter_keys=state&filter_predicates=%3D&filter_values=ALIVE`,
    ).catch(() => null);
    if (answer?.statusCode !== 200) return 0;
    const { data } = (await answer.body.json()) as { data?: { result: { result: unknown[] } } };
    return data?.result.result.length ?? 0;
  }

  await cluster.startHead();
  return cluster;
}

/** The processes whose environment carries the mark of a node. */
function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`FLYWHEEL_TEST_NODE=${mark}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
