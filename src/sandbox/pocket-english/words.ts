/** The word lists of Pocket English, the sandbox's toy task. Every word is one token, separated by spaces. */

const list = (text: string): readonly string[] => text.split(' ');

export const NAMES = list(
  'anna ben clara david emma frank greta henry iris jack karen liam mona noah olga peter quinn rosa sam tina',
);

export const TOPICS = list(
  'garden party letter concert holiday book picture lunch meeting report project bridge school market river song',
);

export const THINGS = list('coins cards pens cups stamps shells balls keys');

export const KINDS = ['animal', 'fruit', 'city', 'colour', 'tool'] as const;
export type Kind = (typeof KINDS)[number];

/** The members of each kind. Prompts show the first six only, answers may use all ten. */
export const MEMBERS: Readonly<Record<Kind, readonly string[]>> = {
  animal: list('cat dog cow horse sheep goat lion tiger mouse wolf'),
  fruit: list('apple pear plum cherry lemon mango grape fig peach melon'),
  city: list('paris rome london berlin madrid vienna oslo dublin athens prague'),
  colour: list('red blue green yellow black white pink brown grey purple'),
  tool: list('hammer saw drill spade rake axe knife brush wrench pliers'),
};

export const TONES = ['warm', 'formal'] as const;
export type Tone = (typeof TONES)[number];
export const TONE_WORDS: Readonly<Record<Tone, readonly string[]>> = {
  warm: list('lovely sweet wonderful'),
  formal: list('useful correct suitable'),
};
export const LETTER_CLOSINGS: Readonly<Record<Tone, string>> = { warm: 'with love', formal: 'kind regards' };

export const VARIABLES = list('a b c x y z m n');

export const OPERATIONS = ['add', 'subtract', 'multiply', 'divide'] as const;
export type Operation = (typeof OPERATIONS)[number];
export const SYMBOLS: Readonly<Record<Operation, string>> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

/** Words that say nothing: one of them costs the style criterion. */
export const FILLERS = list('um well like stuff');

const kindByMember = new Map(KINDS.flatMap((kind) => MEMBERS[kind].map((word) => [word, kind] as const)));

/** The kind that a word is a member of, if any. */
export function kindOf(word: string): Kind | undefined {
  return kindByMember.get(word);
}

/** The words of a text, split at white space. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}

/** Whether a text is one of a closed list of words. */
export function isOneOf<T extends string>(words: readonly T[], word: string | undefined): word is T {
  return (words as readonly (string | undefined)[]).includes(word);
}
