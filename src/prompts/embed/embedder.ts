/** Turns texts into vectors of length 1: near ones are alike. */
export interface Embedder {
  /** Stands for what made a vector: two embedders of one name give the same vectors. */
  name: string;
  /** Whether it knows meaning, not only words: what the paper's decontamination needs. */
  semantic: boolean;
  /** One vector per text, in their order. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
}
