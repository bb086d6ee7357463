/** Where an activity belongs, as its log lines and spans name it. */
export interface ActivityPlace {
  /** The run's key is its workflow's id. */
  run: string;
  round?: number;
  stage?: string;
}

interface Request {
  place?: { round?: unknown; stage?: unknown };
  /** `RUN/r1-sft-a1/training` */
  arena?: unknown;
  model?: { label?: unknown };
}

/** The place of an activity, from its workflow and the request that it was given: a place as such, or an arena or model whose name holds one. */
export function placeOf(run: string, [request]: readonly unknown[]): ActivityPlace {
  if (typeof request !== 'object' || request === null) return { run };
  const { place, arena, model } = request as Request;
  if (typeof place?.round === 'number' && typeof place.stage === 'string')
    return { run, round: place.round, stage: place.stage };
  const label = typeof arena === 'string' ? arena.split('/').at(-2) : model?.label;
  if (label === 'I0' || label === 'base') return { run, round: 0, stage: 'start' };
  const [, round, stage] = typeof label === 'string' ? (/^r(\d+)-(\w+)-a\d+$/.exec(label) ?? []) : [];
  return stage === undefined ? { run } : { run, round: Number(round), stage };
}
