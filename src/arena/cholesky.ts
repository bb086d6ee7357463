/**
 * Cholesky factor of a symmetric positive definite n×n matrix (row-major), in place: L in the lower triangle with LLᵀ = matrix.
 * Returns false, with the matrix spoilt, where a pivot is not positive.
 */
export function factorise(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      if (i !== j) matrix[row + j] = sum / matrix[other + j]!;
      else if (sum > 0) matrix[row + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves LLᵀx = vector in place, for the factor L of `factorise`. */
export function solve(factor: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    let sum = vector[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * vector[k]!;
    vector[i] = sum / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = vector[i]! / factor[i * n + i]!;
    vector[i] = value;
    // Row-wise, so that the factor is read in the order in which it lies in memory.
    for (let k = 0; k < i; k++) vector[k]! -= factor[i * n + k]! * value;
  }
  return vector;
}
