import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { InputError } from '../arena/input-error';
import { messageOf } from '../errors';
import { judgeTemplateSchema, type JudgeTemplate } from './template';

/**
 * Reads a judge template of the user's own (YAML or JSON).
 * @throws InputError with the file, and the line or the field, of the first thing that is wrong.
 */
export function readTemplateFile(file: string): JudgeTemplate {
  const document = parseDocument(textOf(file));
  const [problem] = document.errors;
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw new InputError(`is not valid YAML: ${problem.message.split('\n')[0]}`, {
      file,
      ...(line === undefined ? {} : { line }),
    });
  }
  const read = judgeTemplateSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') || undefined;
  throw new InputError(
    `${issue?.message ?? 'is no judge template'}. A judge template has name, version, format (scores, mt-bench, arena-hard or json), system, ask, and may have reference; see docs/judging.md`,
    { file, ...(field === undefined ? {} : { field }) },
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(
      `this judge template could not be read (${messageOf(error)}); mend the path, which is relative to the configuration`,
      { file },
    );
  }
}
