/** Which of two answers a judge's text prefers. */
export type Winner = 'model_a' | 'model_b' | 'tie';

/** What one way of reading finds in a judge's text. `unusable`: verdicts that contradict each other or make no sense. */
export type Reading = { winner: Winner; scoreA: number | null; scoreB: number | null } | 'unusable' | 'none';
