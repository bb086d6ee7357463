import { UserError } from '../errors';
import type { Metrics } from '../store/benchmarks';

/** A metric that a candidate must not fall under: a value (`min`), or so much below its opponent at most (`drop`). */
export interface Floor {
  command: string;
  metric: string;
  min: number | null;
  drop: number | null;
}

type Measured = ReadonlyMap<string, Metrics>;

/**
 * Says in a sentence which floors a candidate falls under; none where it stands on all.
 * @throws UserError for a metric that its command has not found.
 */
export function brokenFloors(floors: readonly Floor[], candidate: Measured, opponent: Measured): string[] {
  return floors.flatMap(({ command, metric, min, drop }) => {
    const value = metricOf(candidate, command, metric);
    const floor = min ?? metricOf(opponent, command, metric) - (drop ?? 0);
    const of = min === null ? `, the opponent's ${round(floor + (drop ?? 0))} less ${drop ?? 0}` : '';
    return value < floor ? [`${command} ${metric} is ${round(value)}, under its floor of ${round(floor)}${of}`] : [];
  });
}

function metricOf(measured: Measured, command: string, metric: string): number {
  const metrics = measured.get(command);
  const value = metrics?.[metric];
  if (value !== undefined) return value;
  const known = Object.keys(metrics ?? {});
  throw new UserError(
    `gate.floors: the result of ${command} has no number ${metric}. It has: ${known.slice(0, 20).join(', ') || 'none'}.`,
  );
}

const round = (value: number): string => String(Number(value.toPrecision(4)));
