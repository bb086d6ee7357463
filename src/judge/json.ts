import { z } from 'zod';
import type { Reading } from './reading';

const score = z.number().min(1).max(10);
const scores = z.object({ score_a: score, score_b: score });

/** What an endpoint is asked to hold a judge to (`response_format: json_schema`); strict mode wants all fields required. */
export const JSON_VERDICT_SCHEMA = {
  type: 'object',
  properties: { explanation: { type: 'string' }, score_a: { type: 'number' }, score_b: { type: 'number' } },
  required: ['explanation', 'score_a', 'score_b'],
  additionalProperties: false,
} as const;

/**
 * Two scores of 1-10 out of a text that is one JSON object, alone or in one Markdown fence. Text beside it, a field that
 * stands twice and a score that is no number make it unusable: half an object may say the opposite of the whole.
 */
export function readJsonScores(text: string): Reading {
  const object = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/i.exec(text)?.[1] ?? text;
  const named = [timesNamed(object, 'score_a'), timesNamed(object, 'score_b')];
  if (named.every((times) => times === 0)) return 'none';
  if (named.some((times) => times !== 1)) return 'unusable';
  const read = scores.safeParse(parsed(object));
  if (!read.success) return 'unusable';
  const { score_a: scoreA, score_b: scoreB } = read.data;
  return { winner: scoreA > scoreB ? 'model_a' : scoreA < scoreB ? 'model_b' : 'tie', scoreA, scoreB };
}

/** How often a field is named; inside a JSON string its quotation mark would be escaped. */
function timesNamed(object: string, field: string): number {
  return object.match(new RegExp(String.raw`(?<!\\)"${field}"\s*:`, 'g'))?.length ?? 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
