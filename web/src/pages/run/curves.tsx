import { useCallback } from 'react';
import type { Curves as Answer } from '../../../../src/dashboard/schemas/runs';
import { runPath, useApi } from '../../api';
import { Chart, type Palette, type Plot } from '../../charts/plot';
import { Answered, Badge, Card, Choice, Empty } from '../../parts/basic';
import { useUrlState } from '../../parts/url';

type Job = Answer['jobs'][number];

/** What tells most of each kind of training, by the trainer's names; what a job did not log is left out. */
const MAIN: Readonly<Record<string, string[]>> = {
  sft: ['loss'],
  dpo: ['loss', 'rewards/accuracies', 'rewards/margins'],
  reward: ['loss', 'accuracy'],
  ppo: ['reward', 'score', 'kl', 'loss'],
};

/** Training curves of the run's jobs, the newest first; they grow while a job runs. */
export function Curves({ run }: { run: string }) {
  const query = useApi<Answer>(runPath(run, '/curves'));
  const url = useUrlState();
  return (
    <Card title="Training" className="curves">
      <Answered query={query} height={240}>
        {({ jobs }) => {
          if (jobs.length === 0)
            return (
              <Empty title="Nothing was trained yet">
                The curves of a stage appear with its first step of training.
              </Empty>
            );
          const order = jobs.toSorted((x, y) => rank(y) - rank(x));
          const job = order.find(({ label }) => label === url.get('job')) ?? order[0];
          return job === undefined ? null : (
            <>
              <div className="toolbar">
                <Choice
                  label="Job"
                  value={job.label}
                  options={order.map(({ label, finished }) => ({
                    value: label,
                    label: finished ? label : `${label} (running)`,
                  }))}
                  onChange={(label) => url.set({ job: label, metric: null })}
                />
                <Choice
                  label="Metric"
                  value={url.get('metric')}
                  any="the main ones"
                  options={job.series.map(({ metric }) => metric)}
                  onChange={(metric) => url.set({ job: job.label, metric })}
                />
                <span className="note">
                  step {job.step} of {job.steps}
                </span>
                {job.finished ? <Badge tone="good">finished</Badge> : <Badge tone="live">running</Badge>}
              </div>
              <div className="small-charts">
                {metricsOf(job, url.get('metric')).map((series) => (
                  <Curve key={`${job.label} ${series.metric}`} job={job} series={series} />
                ))}
              </div>
            </>
          );
        }}
      </Answered>
    </Card>
  );
}

const KINDS = ['sft', 'dpo', 'reward', 'ppo'];

/** Later rounds and stages first, what runs before all. */
const rank = ({ round, kind, attempt, finished }: Job) =>
  (finished ? 0 : 1e6) + (round ?? 0) * 100 + KINDS.indexOf(kind) * 10 + (attempt ?? 0);

function metricsOf({ kind, series }: Job, chosen: string): Job['series'] {
  if (chosen !== '') return series.filter(({ metric }) => metric === chosen);
  const main = (MAIN[kind] ?? ['loss']).flatMap((name) => series.filter(({ metric }) => metric === name));
  return (main.length > 0 ? main : series).slice(0, 3);
}

/** A figure that finds room beside an axis, however small. */
const short = (value: number) =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : Number(value.toPrecision(4)).toLocaleString('en');

function Curve({ job, series: { metric, points } }: { job: Job; series: Job['series'][number] }) {
  const draw = useCallback(
    (plot: Plot, { colours }: { colours: Palette }) => ({
      marginLeft: 52,
      marginRight: 12,
      marginBottom: 28,
      marginTop: 12,
      x: { label: null, ticks: Math.min(5, job.steps), domain: [0, Math.max(job.steps, 1)], tickFormat: 'd' },
      y: { label: null, grid: true, nice: true, ticks: 4, tickSize: 0, tickFormat: short },
      marks: [
        plot.line(points, { x: '0', y: '1', stroke: colours.accent, strokeWidth: 1, strokeOpacity: 0.35 }),
        plot.line(
          points,
          plot.windowY(
            { k: Math.max(1, Math.round(points.length / 12)), reduce: 'mean' },
            { x: '0', y: '1', stroke: colours.accent, strokeWidth: 2 },
          ),
        ),
        ...(points.length === 1 ? [plot.dot(points, { x: '0', y: '1', fill: colours.accent })] : []),
      ],
    }),
    [points, job.steps],
  );
  const last = points.at(-1);
  return (
    <div>
      <h3>
        {metric} <span className="note inline">{last === undefined ? '' : last[1].toPrecision(4)}</span>
      </h3>
      <Chart
        height={180}
        label={`${metric} of ${job.label} by step, ${last?.[1].toPrecision(4) ?? 'nothing'} at the last`}
        draw={draw}
      />
    </div>
  );
}
