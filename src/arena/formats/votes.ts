import { SCORES } from '../read/row';
import { turnsOf } from './conversation';
import { AGAINST_ITSELF, idOf, modelOf, promptHash, scoreOf, type Fields } from './fields';
import type { BattleFormat } from './format';

const CONVERSATIONS = ['conversation_a', 'conversation'] as const;

/**
 * One vote a record, as LMSYS and lmarena log battles (clean_battle*.json, chatbot_arena_conversations, arena-human-preference-100k and
 * -140k) and MT-bench its human and GPT-4 votes. The prompt is the question, so that MT-bench's two turns are one cluster; without
 * `question_id` it is what the user wrote.
 */
export const votes: BattleFormat = {
  name: 'LMSYS battle logs and MT-bench votes',
  fields: 'model_a, model_b, winner, and question_id or conversation_a',
  recognises: (record) =>
    ['model_a', 'model_b', 'winner'].every((field) => field in record) &&
    ['question_id', ...CONVERSATIONS].some((field) => field in record),
  read(record) {
    const a = modelOf(record, 'model_a');
    const b = modelOf(record, 'model_b');
    if (a === b) return AGAINST_ITSELF;
    const score = scoreOf(record['winner'], SCORES, 'winner');
    return [{ a, b, score, weight: 1, prompt: promptOf(record) }];
  },
};

function promptOf(record: Fields): string | null {
  const id = record['question_id'];
  return id === undefined || id === null || id === '' ? askedIn(record) : idOf(record, 'question_id');
}

/** `promptHash` of what the user wrote in a logged conversation; null where the record holds none. */
export function askedIn(record: Fields): string | null {
  const asked = CONVERSATIONS.map((field) => turnsOf(record[field], 'user')).find((turns) => turns.length > 0);
  return asked ? promptHash(asked) : null;
}
