/** An OpenAI-compatible endpoint with a model behind it. */
export interface Endpoint {
  url: string;
  model: string;
  /** `env:NAME`; null where it needs none. */
  key: string | null;
}

export type Player = ({ id: string } & Endpoint) | { id: string; answers: string };

/** What a configuration is to say; everything else has a default. */
export interface Wanted {
  name: string;
  /** The folder of the model to train; null: an arena alone. */
  base: string | null;
  players: Player[];
  judge: Endpoint;
  /** A second judge, which rates and gates; null: the one judge does both. */
  evaluationJudge: Endpoint | null;
  prompts: string[];
  rounds: number;
  budgetUsd: number | null;
}
