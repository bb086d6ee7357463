/**
 * Both games' verdicts beside a battle's outcome, so that ratings read one narrow table instead of joining millions of games; and the battles
 * on a prompt, for reading judge texts anew and for tracing.
 */
export const name = '0004-battle-verdicts';

export const sql = `
alter table battles add column verdicts text;
create index battles_prompt on battles (prompt);
`;
