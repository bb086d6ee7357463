/** Values of a template's `{slots}`: one word each. */
export type Slots = Record<string, string>;

export interface Template {
  /** Words with `{slots}`. */
  text: string;
  /** Slots whose values the wording itself says, such as the operation in "loses 3". */
  says: Slots;
  /** Recovers the slots from a text of this wording. */
  pattern: RegExp;
}

const SLOT = /\{(\w+)\}/gu;

/**
 * Makes a template of a wording; a slot that stands twice has one value. @param says values that the wording implies.
 */
export function template(text: string, says: Slots = {}): Template {
  const seen = new Set<string>();
  const pattern = text.replace(/[.*+?^$()|[\]\\]/gu, String.raw`\$&`).replace(SLOT, (_match, slot: string) => {
    if (seen.has(slot)) return String.raw`\k<${slot}>`;
    seen.add(slot);
    return String.raw`(?<${slot}>\S+)`;
  });
  return { text, says, pattern: new RegExp(`^${pattern}$`, 'u') };
}

/** Whether the template can say these values. */
export function canSay({ says }: Template, slots: Slots): boolean {
  return Object.entries(says).every(([slot, value]) => slots[slot] === value);
}

/** The template's text with its slots filled. */
export function fill({ text }: Template, slots: Slots): string {
  return text.replace(SLOT, (_match, slot: string) => {
    const value = slots[slot];
    if (value === undefined) throw new Error(`no value for {${slot}} in the template "${text}"`);
    return value;
  });
}

/** The slots that give this text, or null where the text has another wording. */
export function match({ pattern, says }: Template, text: string): Slots | null {
  const found = pattern.exec(text);
  return found ? { ...found.groups, ...says } : null;
}
