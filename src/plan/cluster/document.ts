import { sum } from '../forecast';
import type { Gpu } from './gpu';
import { clusterPlan, type Case } from './plan';
import { activeParameters, parameters, SHAPES } from './shapes';

/** GPU-hours of a battle as the paper reports: a million battles in 9 days on 16 GPUs, which it does not name (arXiv 2407.10627). */
export const PAPER_GPU_HOURS = (9 * 24 * 16) / 1e6;

/** The tables of docs/clusters.md, by the name of their place there. */
export function clusterTables(cases: readonly Case[], gpu: Gpu): Record<string, string> {
  const plans = cases.map((one) => ({ ...one, ...clusterPlan(one, gpu) }));
  return {
    shapes: table(
      ['target', 'reckoned as', 'weights', 'of them in use by a token', 'GPUs to serve it'],
      plans.map(({ target, replicaGpus }) => {
        const shape = SHAPES[target];
        return [
          target,
          shape.name,
          billions(parameters(shape)),
          billions(activeParameters(shape)),
          number(replicaGpus),
        ];
      }),
    ),
    memory: table(
      ['target', 'stage', 'state in all', 'beside it on each GPU', 'nodes'],
      plans.flatMap(({ target, stages }) =>
        stages.map(({ stage, stateBytes, workingBytes, nodes }) => [
          ...[target, stage, gigabytes(stateBytes), gigabytes(workingBytes), number(nodes)],
        ]),
      ),
    ),
    training: table(
      ['target', 'stage', 'hours in round 1', 'round 2', 'round 3', 'GPU-hours', 'dollars'],
      plans.flatMap(({ target, stages }) =>
        stages.map(({ stage, hours, gpuHours, usd }) => [
          target,
          stage,
          ...hours.map(hour),
          number(gpuHours),
          money(usd),
        ]),
      ),
    ),
    battles: table(
      ['target', 'battles of three rounds', 'GPU-hours', 'as the paper reports', 'bought answers', 'dollars'],
      plans.map(({ target, battles: { battles, gpuHours, bought, usd } }) => [
        ...[target, number(sum(battles)), number(sum(gpuHours)), number(sum(battles) * PAPER_GPU_HOURS)],
        ...[money(sum(bought)), money(usd)],
      ]),
    ),
  };
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  // Names stand left, figures right.
  const rule = columns.map((_, index) =>
    Number.isNaN(Number.parseFloat(rows[0]?.[index]?.replace('$', '') ?? '')) || index === 0 ? '---' : '---:',
  );
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

const number = (value: number): string => Math.round(value).toLocaleString('en');
const money = (usd: number): string => `$${number(usd)}`;
const billions = (value: number): string => `${(value / 1e9).toFixed(1)}B`;
const gigabytes = (bytes: number): string => `${number(bytes / 1e9)} GB`;
const hour = (hours: number): string => (hours < 10 ? hours.toFixed(1) : number(hours));
