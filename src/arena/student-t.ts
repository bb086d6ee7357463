/**
 * P(|T| ≤ t) for Student's t with a whole number of degrees of freedom, where t = √df · tan(angle), 0 ≤ angle < π/2.
 * A finite sum of positive terms, so nothing cancels. Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
 */
function centralProbability(angle: number, df: number): number {
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  const odd = df % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = df === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < df && term > sum * 1e-18; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/**
 * The t for which P(|T| ≤ t) = confidence, Student's t with df degrees of freedom (2.262 for .95 and 9).
 * Errors: df must be a whole number ≥ 1, confidence between 0 and 1.
 */
export function studentQuantile(confidence: number, df: number): number {
  if (!Number.isInteger(df) || df < 1)
    throw new RangeError(`degrees of freedom must be a whole number from 1 on, not ${df}`);
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`confidence must lie between 0 and 1, not ${confidence}`);
  let low = 0;
  let high = Math.PI / 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return Math.sqrt(df) * Math.tan(middle);
    if (centralProbability(middle, df) < confidence) low = middle;
    else high = middle;
  }
}
