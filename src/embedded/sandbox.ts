import { join } from 'node:path';
import { request } from 'undici';
import { startChild, type Child } from './child';
import { repositoryRoot } from './paths';
import { freePort } from './ports';

/** The scripted models in a process of their own, started at the first need; they end with this process. */
export function lazySandbox(logFolder: string): { address(): Promise<string>; close(): Promise<void> } {
  let running: Promise<{ child: Child; url: string }> | null = null;

  async function start() {
    const port = await freePort();
    const root = `http://127.0.0.1:${port}`;
    const child = await startChild({
      name: 'The sandbox',
      command: process.execPath,
      args: [join(repositoryRoot(), 'dist/src/sandbox/main.js'), '--port', String(port)],
      logFile: join(logFolder, 'sandbox.log'),
      ready: async () => (await request(`${root}/health`).catch(() => null))?.statusCode === 200,
      readySeconds: 30,
    });
    void child.ended.then(() => (running = null));
    return { child, url: `${root}/v1` };
  }
  return {
    address: async () => {
      running ??= start().catch((error: unknown) => {
        running = null;
        throw error;
      });
      return (await running).url;
    },
    close: async () => (await running?.catch(() => null))?.child.stop(),
  };
}
