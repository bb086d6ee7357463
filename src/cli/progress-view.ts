import { bar, ratingText } from '../../workflows/progress';
import type { Progress } from '../../workflows/types';
import { colours, liveBlock, note, say } from './output';
import { duration, runScreen } from './run-screen';

/** Shows how a run goes: drawn over again on a terminal, a line per change in a pipe. */
export interface ProgressView {
  show: (progress: Progress) => void;
  trouble: (sentence: string | null) => void;
  end: () => void;
}

/** In a pipe, a line at least so often while battles are played. */
const EVERY_MS = 15_000;

/** @param quiet keep stdout free (a JSON document follows there): plain lines go to stderr. */
export function createProgressView({ quiet = false } = {}): ProgressView {
  const block = quiet ? null : liveBlock();
  const line = quiet ? note : say;
  const print = (text: string) => (block ? block.above(text) : line(text));
  let printed = '';
  let at = 0;
  let steps = 0;
  let problem: string | null = null;

  return {
    show(progress) {
      for (const step of progress.steps.slice(steps)) print(stepLine(step));
      steps = progress.steps.length;
      if (progress.lastProblem !== null && progress.lastProblem !== problem) print(`Problem: ${progress.lastProblem}`);
      problem = progress.lastProblem;
      if (block) {
        block.draw(runScreen(progress, { columns: process.stdout.columns ?? 80, paint: colours() }));
        return;
      }
      const change = `${progress.status} ${progress.round} ${progress.stage} ${progress.step}`;
      if (change === printed && (progress.total === 0 || Date.now() - at < EVERY_MS)) return;
      printed = change;
      at = Date.now();
      line(progressLine(progress));
    },
    trouble(sentence) {
      if (sentence !== null) print(sentence);
    },
    end: () => block?.clear(),
  };
}

/** A finished step: what it made, how it is rated, and what its gate said. */
function stepLine({ label, rating, decision, gate }: Progress['steps'][number]): string {
  return [`${label}:`, rating && `rating ${ratingText(rating)}`, decision, gate && `— ${gate}`]
    .filter(Boolean)
    .join(' ');
}

function progressLine({ status, round, rounds, stage, step, done, total, rate, etaSeconds, spend }: Progress): string {
  const parts = [`round ${round} of ${rounds}`, stage, step];
  if (status !== 'running') parts.unshift(status);
  if (total > 0) parts.push(`${bar(done / total)} ${done}/${total}`);
  if (total > 0 && rate !== null) parts.push(`${rate.toFixed(0)}/s`);
  if (total > 0 && etaSeconds !== null) parts.push(`${duration(etaSeconds)} left`);
  parts.push(`$${spend.usd.toFixed(2)}`);
  return parts.join(' · ');
}
