import { spawnSync } from 'node:child_process';

/** Prometheus' checker (Debian's package `prometheus`, Homebrew's likewise; PROMTOOL names another place); null where there is none. */
export const promtool = ((): string | null => {
  const binary = process.env['PROMTOOL'] ?? 'promtool';
  return spawnSync(binary, ['--version']).status === 0 ? binary : null;
})();
