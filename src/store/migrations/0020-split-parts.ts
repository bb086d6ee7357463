/** A part of a split is one that we know; with the key (split, prompt) no prompt is in D0 and in a slice, the test set or the gates. */
export const name = '0020-split-parts';

export const sql = `
alter table splits add constraint splits_part check (part in ('test', 'gate', 'd0') or part ~ '^slice-[1-9][0-9]*$')`;
