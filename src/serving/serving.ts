import type { TargetConfig } from '../config/schema';
import type { Reach } from '../models/reach';

/** A checkpoint to serve: its immutable name, its folder and the sha256 of its manifest. */
export interface Servable {
  id: string;
  label: string;
  path: string;
  sha256: string;
}

/** Where a served checkpoint answers, and under which model name. */
export interface Served {
  reach: Reach;
  model: string;
}

export type ServeConfig = TargetConfig['serve'];

/** A serving backend of one kind: makes a checkpoint answer, and says where. Repeating it is harmless. */
export interface ServingBackend<Kind extends ServeConfig['kind']> {
  serve(checkpoint: Servable, config: Extract<ServeConfig, { kind: Kind }>): Promise<Served>;
  close(): Promise<void>;
}
