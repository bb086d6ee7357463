import type { PromptTrace, RowTrace } from '../lineage/trace';
import type { Message } from '../prompts/prompt';
import type { TracedBattle, TracedPrompt } from '../store/lineage';
import { sideBySide } from './side-by-side';
import { table } from './output';

/** A traced row for people: from the row back to its source. */
export function rowTraceText(trace: RowTrace, width: number): string {
  const { row, kind, madeIn, chosen, rejected, gap, answers } = trace;
  const choice = chosen
    ? `\n${chosen} chosen${rejected ? ` over ${rejected}` : ''}${gap === null ? '' : `, ${gap.toFixed(2)} judge points apart`}`
    : '';
  const columns = answers.map(({ player, text, finishReason }) => ({ title: `${player} (${finishReason})`, text }));
  return [
    `Row ${row} (${kind}), made by round ${madeIn.round}, ${madeIn.stage} of ${madeIn.run}${choice}`,
    promptText(trace.prompt),
    ...(columns.length > 0 ? [sideBySide(columns, width)] : []),
    ...trace.battles.map((battle) => battleText(battle, width)),
  ].join('\n\n');
}

/** A traced prompt for people: from its source to its battles and rows. */
export function promptTraceText({ prompt, battles, rows, unread }: PromptTrace): string {
  const figure = (value: number | null) => (value === null ? '' : value.toFixed(2));
  return [
    promptText(prompt),
    battles.length === 0
      ? 'No battle of this run was on it.'
      : table(
          ['battle', 'a', 'b', 'outcome of a', { name: 'margin', numbers: true }, 'judge'],
          battles.map(({ battle, a, b, outcome, margin, judge }) => [
            battle,
            a,
            b,
            outcome ?? 'not played',
            figure(margin),
            judge,
          ]),
        ),
    rows.length === 0
      ? 'It became no training row of this run.'
      : table(
          ['training row', 'kind', 'chosen', 'rejected', { name: 'gap', numbers: true }],
          rows.map(({ row, kind, chosen, rejected, gap }) => [row, kind, chosen ?? '', rejected ?? '', figure(gap)]),
        ),
    ...(unread.length > 0 ? [`The files of these datasets cannot be read here: ${unread.join(', ')}.`] : []),
  ].join('\n\n');
}

function promptText({ id, messages, category, source, originalId, pools, parts }: TracedPrompt): string {
  const from = `${source}${originalId === null ? '' : `, ${originalId} there`}${category === null ? '' : `, ${category}`}`;
  const where = parts.map(
    ({ split, part, position }) => `${part} of split ${split.slice(0, 8)}, position ${position + 1}`,
  );
  const pooled = pools.map(
    ({ pool, file, line, licence, dropped }) =>
      `\npool ${pool}: ${file}:${line}${licence === null ? '' : `, ${licence}`}${dropped === null ? '' : `, left out there: ${dropped}`}`,
  );
  return `Prompt ${id}\nfrom ${from}${pooled.join('')}${where.length > 0 ? `\nin ${where.join('; ')}` : ''}\n${dialogue(messages)}`;
}

/** A dialogue, each turn under who speaks. */
export function dialogue(messages: readonly Message[]): string {
  return messages.map(({ role, content }) => `  ${role}: ${content.replaceAll('\n', '\n  ')}`).join('\n');
}

function battleText({ battle, a, b, judge, outcome, margin, games }: TracedBattle, width: number): string {
  const columns = games.map(({ first, second, verdict, scoreFirst, scoreSecond, text }) => ({
    title: `${first} first, ${second} second: ${verdict}${scoreFirst === null ? '' : ` (${scoreFirst} to ${scoreSecond})`}`,
    text,
  }));
  const head = `Battle ${battle}: ${a} against ${b}, ${outcome ?? 'not played'}${margin === null ? '' : `, margin ${margin.toFixed(2)}`}, judged by ${judge}`;
  return columns.length === 0 ? head : `${head}\n${sideBySide(columns, width)}`;
}
