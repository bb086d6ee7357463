/** npm passes a Ctrl-C on that the terminal has sent already: two so close together are one. */
const ONE_CTRL_C_MS = 500;

/** Tells of the first Ctrl-C or SIGTERM by aborting; a second one ends the process at once. Call `release` when done. */
export function stopSignal(): { signal: AbortSignal; stopped: Promise<void>; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stopped = new Promise<void>((resolve) =>
    controller.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const onSignal = () => {
    if (first !== 0 && performance.now() - first > ONE_CTRL_C_MS) process.exit(130);
    first ||= performance.now();
    controller.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return { signal: controller.signal, stopped, release: () => names.forEach((name) => process.off(name, onSignal)) };
}
