/** SQL: the beginning of the last turn of the user in a prompt's `messages`, as lists show a prompt. */
export const lastAsked = (characters: number): string =>
  `left(coalesce((select turn ->> 'content' from jsonb_array_elements(messages) with ordinality turns(turn, at)
                   where turn ->> 'role' = 'user' order by at desc limit 1), ''), ${characters})`;
