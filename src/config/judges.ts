import { resolve } from 'node:path';
import { UserError } from '../errors';
import type { JudgeTemplate } from '../judge/template';
import { readTemplateFile } from '../judge/template-file';
import { isBuiltInTemplate, templateOf } from '../judge/templates';
import { judgeMembers, memberParty } from '../models/roster';
import type { JudgeConfig, MemberJudgeConfig } from './schema';

/**
 * A judge with the text of its templates in the place of their paths, so that the frozen configuration holds what is asked.
 * @param field where the judge stands in the configuration.
 * @throws UserError that names the field, or InputError that names the template's file.
 */
export function withTemplates(judge: JudgeConfig, field: string, folder: string): JudgeConfig {
  const whole = {
    ...judge,
    template: frozenTemplate(judge.template, folder),
    jury: judge.jury && {
      ...judge.jury,
      with: judge.jury.with.map((member) => ({ ...member, template: frozenTemplate(member.template, folder) })),
    },
  };
  judgeMembers(whole).forEach((member, index) =>
    refuseUnfit(member, index === 0 ? field : `${field}.jury.with[${index - 1}]`, whole.jury?.rule ?? null),
  );
  refuseTwins(whole, field);
  return whole;
}

function frozenTemplate(template: string | JudgeTemplate, folder: string): string | JudgeTemplate {
  if (typeof template !== 'string' || isBuiltInTemplate(template)) return template;
  return readTemplateFile(resolve(folder, template));
}

function refuseUnfit({ template, responseFormat }: MemberJudgeConfig, field: string, rule: string | null): void {
  const { name, format } = templateOf(template);
  if (responseFormat === 'json_schema' && format !== 'json')
    throw new UserError(
      `${field}.responseFormat: json_schema needs a template of the format json, such as json-v1; ${name} has ${format}.`,
    );
  if (rule === 'mean' && format !== 'scores' && format !== 'json')
    throw new UserError(
      `${field}.template: the jury's rule is mean, and ${name} gives no scores. Take a template that does (scores-v1, json-v1), or the rule majority.`,
    );
}

/** The same judge twice would give one game two votes. */
function refuseTwins(judge: JudgeConfig, field: string): void {
  const ids = judgeMembers(judge).map((member) => memberParty(member).id);
  const twin = ids.findIndex((id, index) => ids.indexOf(id) < index);
  if (twin > 0)
    throw new UserError(
      `${field}.jury.with[${twin - 1}]: this judge sits on the jury already; change its model, revision, sampling or template.`,
    );
}
