import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Runs whose counters have series of their own in one process; what further ones do is counted together as `other`. */
const MOST_RUNS = 100;
/** Players and judges likewise. */
const MOST_PARTIES = 200;
const MOST_ENDPOINTS = 200;

export type Meters = ReturnType<typeof createMeters>;

/**
 * All metrics of ours, by Prometheus' conventions: base units in the name, `_total` for counters. Counters tell what this worker did
 * since it started; gauges of runs are read from Postgres and Temporal, so that all workers tell the same (take the maximum).
 * docs/observability.md describes each; the dashboard and the alert rules under deploy/ are checked against these names.
 */
export function createMeters() {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const asked = ['run', 'purpose', 'role', 'party'] as const;
  return {
    register,
    /** Values of labels that come from users, for what is counted until the process ends; each kind with its bound. */
    labels: { run: bounded(MOST_RUNS), party: bounded(MOST_PARTIES), endpoint: bounded(MOST_ENDPOINTS) },

    battles: counter('flywheel_battles_total', 'Battles that this worker brought to an outcome.', [
      ...['run', 'purpose'],
      'outcome',
    ]),
    games: counter(
      'flywheel_games_total',
      'Judge verdicts that this worker stored, by the verdict for the answer shown first.',
      [...['judge', 'verdict']],
    ),
    calls: counter('flywheel_calls_total', 'HTTP attempts of model calls; outcome is ok or the kind of error.', [
      ...asked,
      'outcome',
    ]),
    tokens: counter('flywheel_tokens_total', 'Tokens that endpoints counted; cached is a part of input.', [
      ...asked,
      'kind',
    ]),
    cost: counter('flywheel_cost_dollars_total', 'US dollars, by the configured prices.', asked),
    callSeconds: new Histogram({
      name: 'flywheel_call_duration_seconds',
      help: 'Duration of HTTP attempts of model calls, from the first byte sent to the last received.',
      labelNames: ['role', 'party'] as const,
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320],
      registers,
    }),

    queued: gauge('flywheel_endpoint_queued_calls', 'Calls that wait for a place at an endpoint.', ['endpoint']),
    inFlight: gauge('flywheel_endpoint_in_flight_calls', 'Calls in flight at an address.', ['endpoint', 'address']),
    window: gauge(
      'flywheel_endpoint_window_calls',
      'Calls in flight at most at an address, as learned from its replies.',
      [...['endpoint', 'address']],
    ),
    rate: gauge(
      'flywheel_endpoint_rate_limit_calls_per_second',
      'Rate learned from refusals; absent while no limit was met.',
      [...['endpoint', 'address']],
    ),
    ejected: gauge('flywheel_endpoint_ejected', '1 while an address is left alone after failures.', [
      'endpoint',
      'address',
    ]),

    stage: gauge('flywheel_run_stage', '1 for the stage that an open run is in.', ['run', 'workflow', 'stage']),
    round: gauge('flywheel_run_round', 'Round that an open run is in.', ['run']),
    attention: gauge('flywheel_run_needs_attention', '1 while a run waits for an operator’s decision.', ['run']),
    paused: gauge('flywheel_run_paused', '1 while a run is paused.', ['run']),
    finishedSteps: gauge('flywheel_run_finished_steps', 'Stages and ends of rounds that an open run has finished.', [
      'run',
    ]),
    spent: gauge('flywheel_run_cost_dollars', 'US dollars that an open run has spent, over all workers.', ['run']),
    budget: gauge('flywheel_run_budget_dollars', 'US dollars that an open run may spend; absent without a cap.', [
      'run',
    ]),
    rating: gauge(
      'flywheel_rating',
      'Bradley-Terry rating of a model on the newest leaderboard of an open run, or of one of the last hour.',
      [...['run', 'model']],
    ),
    ratingLower: gauge('flywheel_rating_lower', 'Lower end of the rating’s 95% interval.', ['run', 'model']),
    ratingUpper: gauge('flywheel_rating_upper', 'Upper end of the rating’s 95% interval.', ['run', 'model']),
    sourceUp: gauge('flywheel_metrics_source_up', '1 where the last scrape could read this source.', ['source']),
  };
}

/**
 * Lets the first `most` values of a label through; later ones are told as `other`. A worker that lives for months would otherwise
 * grow by a series for each run that it ever saw.
 */
export function bounded(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return 'other';
    known.add(value);
    return value;
  };
}
