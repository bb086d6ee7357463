import type { ModelName } from './models';

/**
 * The sandbox's prices, in USD per million tokens (its tokens are words), so that the demo can show a cost.
 * Invented: nobody is charged, and no provider asks for these; the order of size is that of small hosted models.
 */
export const DEMO_PRICES: Readonly<Record<ModelName, { input: number; output: number }>> = {
  poet: { input: 0.5, output: 1.5 },
  clerk: { input: 0.5, output: 1.5 },
  tutor: { input: 0.5, output: 1.5 },
  coder: { input: 0.5, output: 1.5 },
  scholar: { input: 2, output: 8 },
  'data-judge': { input: 0.6, output: 0.9 },
  'evaluation-judge': { input: 0.9, output: 1.8 },
  'feature-judge': { input: 0, output: 0 },
  echo: { input: 0, output: 0 },
};
