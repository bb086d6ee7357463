/** Which prompt of the pool is kept for a near-duplicate, and how similar the two are. */
export const name = '0006-near-duplicates';

export const sql = `alter table pool_prompts add column duplicate_of text references prompts, add column similarity real`;
