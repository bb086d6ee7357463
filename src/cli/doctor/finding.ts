import { messageOf } from '../../errors';

/** What `doctor` found about one thing. */
export interface Finding {
  name: string;
  level: 'ok' | 'warning' | 'problem';
  /** What is there, or what is wrong and how it is mended. */
  sentence: string;
}

/** A check that went well, or wants to be looked at. */
export type Answer = string | { warning: string };

/** Makes a finding of a check: what it throws is a problem. */
export async function finding(name: string, check: () => Promise<Answer> | Answer): Promise<Finding> {
  try {
    const answer = await check();
    return typeof answer === 'string'
      ? { name, level: 'ok', sentence: answer }
      : { name, level: 'warning', sentence: answer.warning };
  } catch (error) {
    return { name, level: 'problem', sentence: messageOf(error) || String(error) };
  }
}
