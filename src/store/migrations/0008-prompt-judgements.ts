/**
 * What judges say of prompts, whatever they are asked: texts only, which are read anew each time; each is paid for once.
 * And who gave a pool's prompt its category; null: its file.
 */
export const name = '0008-prompt-judgements';

export const sql = `
alter table difficulties rename to prompt_judgements;
alter table prompt_judgements drop column difficulty;
alter table pool_prompts add column category_by text`;
