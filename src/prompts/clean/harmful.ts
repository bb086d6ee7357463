import { userText, type Filter } from './filter';

/**
 * Requests for harm that are plain in their own words, by kind. Short on purpose: a word alone (kill, bomb, drug) stands in
 * harmless requests, so only phrases count that ask for the thing itself. It finds little; who needs more gives a moderation endpoint.
 */
const HARMFUL: readonly [kind: string, phrases: RegExp][] = [
  [
    'weapons',
    /\b(?:build|make|assemble|construct) (?:a |an |some )?(?:home-?made )?(?:pipe bomb|nail bomb|car bomb|dirty bomb|explosive device|molotov cocktail|nerve agent|sarin|ricin)/i,
  ],
  [
    'drugs',
    /\b(?:cook|synthesi[sz]e|make|manufacture) (?:some )?(?:crystal meth|methamphetamine|fentanyl|crack cocaine)\b/i,
  ],
  [
    'sexual content with children',
    /\b(?:child porn(?:ography)?|csam|sex with (?:a )?(?:child|minor|children|minors))\b/i,
  ],
  ['self-harm', /\b(?:kill yourself|best way to (?:kill|hang) myself|how to commit suicide)\b/i],
  [
    'violence',
    /\bhow (?:to|can i|do i) (?:murder|poison|kidnap|strangle) (?:my|someone|somebody|a person|people|him|her)\b/i,
  ],
  [
    'theft and fraud',
    /\bhow (?:to|can i|do i) (?:clone|forge|steal) (?:a |an )?(?:credit cards?|passports?|identity|identities)\b/i,
  ],
  ['hate', /\b(?:gas the jews|white power forever|kill all (?:jews|muslims|blacks|gays|christians|immigrants))\b/i],
];

/** All of them at once: most texts cost this one look. */
const ANY = new RegExp(HARMFUL.map(([, phrases]) => phrases.source).join('|'), 'i');

/** Drops dialogues that ask for something toxic or illegal in words of the list. */
export function harmful(): Filter {
  return {
    step: 'harmful',
    check(messages) {
      const text = userText(messages);
      if (!ANY.test(text)) return null;
      const found = HARMFUL.find(([, phrases]) => phrases.test(text));
      return found ? { drop: `toxic or illegal: ${found[0]}` } : null;
    },
  };
}
