import { InputError } from './input-error';

/** One game as online Elo reads it; `score` is a's share: 1 win, 0 loss, ½ tie. */
export interface EloGame {
  a: string;
  b: string;
  score: number;
}

export interface EloOptions {
  /** Rating points that a sure win over a certain loss would move. Default 4, as in FastChat and evalica. */
  k?: number;
  /** Rating before the first game. Default 1000. */
  start?: number;
  /** Points that make the odds `base` to 1. Defaults 400 and 10. */
  scale?: number;
  base?: number;
}

/**
 * Online Elo: after every game a gains, and b loses, k · (score - 1 / (1 + base^((b - a) / scale))) points.
 * The result depends on the order of the games and has no interval: it is here for comparison with published tables; `rate` is
 * what to report. Models stand in the order in which they first played.
 * Errors (InputError): a model against itself, a score outside 0 … 1, settings that are no scale.
 * Source: Elo, The Rating of Chessplayers (1978); FastChat, serve/monitor/rating_systems.py.
 */
export function onlineElo(rows: Iterable<EloGame>, options: EloOptions = {}): Map<string, number> {
  const { k = 4, start = 1000, scale = 400, base = 10 } = options;
  for (const [field, value] of Object.entries({ k, start, scale, base })) {
    if (!Number.isFinite(value)) throw new InputError(`must be a number, not ${value}`, { field });
  }
  if (scale <= 0) throw new InputError(`must lie above 0, not ${scale}`, { field: 'scale' });
  if (base <= 1) throw new InputError(`must lie above 1, not ${base}`, { field: 'base' });
  const ratings = new Map<string, number>();
  let game = 0;
  for (const { a, b, score } of rows) {
    const place = { field: `game ${game++}` };
    if (a === b) throw new InputError(`${JSON.stringify(a)} plays against itself; remove the game`, place);
    if (!(score >= 0 && score <= 1)) throw new InputError(`score ${score}; it must lie in 0 … 1`, place);
    const ratingA = ratings.get(a) ?? start;
    const ratingB = ratings.get(b) ?? start;
    const change = k * (score - 1 / (1 + base ** ((ratingB - ratingA) / scale)));
    ratings.set(a, ratingA + change);
    ratings.set(b, ratingB - change);
  }
  return ratings;
}
