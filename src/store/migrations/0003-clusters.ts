/** The cluster of prompts that a prompt fell into when its split was made: slices are balanced over them, rows can be capped by them. */
export const name = '0003-clusters';

export const sql = `alter table splits add column cluster int`;
