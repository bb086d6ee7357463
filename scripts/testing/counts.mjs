/** What a runner of tests counts: `{ passed, failed, skipped }`. */

/** A runner's counts; an exit code that its report does not explain counts as one failure. */
export function withExit(counts, code) {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Prints the sums as the last line, `N passed, N failed`, and returns the exit code: 1 when something failed or nothing ran. */
export function closeWith(results) {
  const sum = (key) => results.reduce((total, counts) => total + counts[key], 0);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}
