/** The eight categories of MT-bench (Zheng et al. 2023, table 1). */
export const CATEGORIES = [
  'writing',
  'roleplay',
  'extraction',
  'reasoning',
  'math',
  'coding',
  'stem',
  'humanities',
] as const;

export type Category = (typeof CATEGORIES)[number];
