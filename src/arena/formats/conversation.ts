import { isFields, listOf } from './fields';

/** The texts of one role in a conversation as LMSYS logs it: `[{role, content: text | [{type: "text", text}]}]`. Empty: none is there. */
export function turnsOf(conversation: unknown, role: 'user' | 'assistant'): string[] {
  return (listOf(conversation) ?? []).flatMap((message) =>
    isFields(message) && message['role'] === role ? [contentText(message['content'])] : [],
  );
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return (listOf(content) ?? [])
    .map((part) => (isFields(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}
