import { spawn } from 'node:child_process';

/**
 * Opens an address in the browser of whoever sits at this terminal; quietly nothing where nobody does (a pipe, a remote shell, no screen).
 */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): void {
  const remote = Boolean(env['SSH_CONNECTION'] ?? env['CI']);
  if (!process.stdout.isTTY || remote) return;
  const command = process.platform === 'darwin' ? 'open' : env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? 'xdg-open' : null;
  if (command === null) return;
  const child = spawn(command, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
