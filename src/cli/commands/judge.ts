import { Option, type Command } from 'commander';
import { InputError } from '../../arena/input-error';
import { parseVerdict, type VerdictFormat } from '../../judge/parse';
import { VERDICT_FORMS } from '../../judge/template';
import { readLines } from '../../lines';
import { describedCommand, JSON_OPTION } from '../options';
import { sayJson, sayLine } from '../output';
import { judgeAuditCommand } from './judge-audit';
import { judgeJuryCommand } from './judge-jury';
import { judgeReparseCommand } from './judge-reparse';

export function judgeCommand(): Command {
  const parse = describedCommand(
    'parse',
    'Read verdicts out of judges\' texts: for each input line {"text": …} one line {"verdict", "score_a", "score_b"}, where the verdict is model_a, model_b, tie, invalid (there is none) or failed (the text of an error, or null).',
    'judge parse texts.jsonl',
    'judge parse - --template mt-bench < texts.jsonl',
  )
    .argument('<file>', 'JSONL, or - for stdin')
    .addOption(
      new Option('--template <form>', 'the form in which the judge was asked to answer')
        .choices(['auto', ...VERDICT_FORMS])
        .default('auto'),
    )
    .option(...JSON_OPTION)
    .action(parseFile);
  return describedCommand('judge', "Look into judges' texts.", 'judge parse texts.jsonl')
    .addCommand(parse)
    .addCommand(judgeAuditCommand())
    .addCommand(judgeReparseCommand())
    .addCommand(judgeJuryCommand());
}

/** A line at a time, so that a file may have any length; with `json` all verdicts in one document, and none of a file that breaks off. */
async function parseFile(
  file: string,
  { template, json = false }: { template: VerdictFormat; json?: boolean },
): Promise<void> {
  const verdicts: object[] = [];
  for await (const { line, text } of readLines(file)) {
    const { verdict, scoreA, scoreB } = parseVerdict(judgeText(text, file, line), template);
    const row = { verdict, score_a: scoreA, score_b: scoreB };
    if (json) verdicts.push(row);
    else await sayLine(JSON.stringify(row));
  }
  if (json) sayJson({ template, verdicts });
}

function judgeText(content: string, file: string, line: number): string | null {
  const place = { file: file === '-' ? 'stdin' : file, line };
  let row: unknown;
  try {
    row = JSON.parse(content);
  } catch {
    throw new InputError('is not JSON; write one object {"text": "…"} on each line', place);
  }
  const text: unknown = typeof row === 'object' && row !== null ? (row as { text?: unknown }).text : undefined;
  if (typeof text === 'string' || text === null) return text;
  throw new InputError('has no text; write {"text": "…"}, or null for a call without an answer', {
    ...place,
    field: 'text',
  });
}
