import type { TargetConfig } from '../config/schema';
import type { Reach } from '../models/reach';

/** A checkpoint to serve: its immutable name, its folder and the sha256 of its manifest. */
export interface Servable {
  id: string;
  label: string;
  path: string;
  sha256: string;
  /** The folder of the model that adapters belong to. */
  base: string;
}

/** Where a served checkpoint answers (with all its replicas), and under which model name. */
export interface Served {
  reach: Reach;
  model: string;
}

export type ServeConfig = TargetConfig['serve'];
export type VllmConfig = Extract<ServeConfig, { kind: 'vllm' }>;

/** A serving backend of one kind: makes a checkpoint answer, and says where. Repeating it is harmless. */
export interface ServingBackend<Kind extends ServeConfig['kind']> {
  /** @param again true where what was served has stopped answering: nothing may be taken for granted. */
  serve(checkpoint: Servable, config: Extract<ServeConfig, { kind: Kind }>, again?: boolean): Promise<Served>;
  close(): Promise<void>;
}
