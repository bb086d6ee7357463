import { liveBlock, note } from './output';

/** A pipe gets a line of progress at most so often. */
const PLAIN_MS = 5000;
const LIVE_MS = 100;

/** Progress on stderr: drawn over on a terminal, a line now and then in a pipe. */
export function showProgress(): { show(line: string): void; end(): void } {
  const block = liveBlock(process.stderr);
  let last = performance.now();
  return {
    show(line) {
      const now = performance.now();
      if (now - last < (block ? LIVE_MS : PLAIN_MS)) return;
      last = now;
      if (block) block.draw([line]);
      else note(line);
    },
    end: () => block?.clear(),
  };
}
