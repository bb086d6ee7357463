/** A GPU and what is got out of it. */
export interface Gpu {
  name: string;
  bytes: number;
  /** Dense bfloat16 operations a second. */
  flops: number;
  /** Bytes a second from its memory. */
  bandwidth: number;
  perNode: number;
  /** USD an hour. */
  price: number;
  /** Share of the memory that can be planned with. */
  usable: number;
  /** Share of `flops` that training reaches (model FLOPs utilisation). */
  trainingUse: number;
  /** Shares that serving reaches: of `flops` while it reads prompts, of `bandwidth` while it writes. */
  prefillUse: number;
  decodeUse: number;
}

/**
 * H100 SXM by its data sheet: 80 GB, 989 TFLOPS dense bfloat16, 3.35 TB/s. 40% is what Llama 3 reports for its training on H100s (38 to 43%,
 * arXiv 2407.21783, table 4). The price and serving's shares are assumptions; put your own in their place.
 */
export const H100: Gpu = {
  ...{ name: 'H100 SXM 80 GB', bytes: 80e9, flops: 989e12, bandwidth: 3.35e12, perNode: 8, price: 2.5 },
  ...{ usable: 0.9, trainingUse: 0.4, prefillUse: 0.4, decodeUse: 0.5 },
};
