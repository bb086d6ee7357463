/** A gate that the operator has decided stays so, also where its step is done again. */
export const name = '0021-settled-gates';

export const sql = `
alter table gates add column settled boolean not null default false;
update gates set settled = true where sentence like '% The operator decided: %'`;
