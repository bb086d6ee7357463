import type { Category } from './category';
import { fill, template } from './template';
import { isOneOf, LETTER_CLOSINGS, NAMES, TONE_WORDS, TONES, TOPICS } from './words';

const BODIES = ['thank you for the {topic} .', 'this is about the {topic} .', 'i write about the {topic} .'].map(
  (text) => template(text),
);

/** A short letter: on the topic, to the person, in the tone, closed as the tone asks. */
export const writing: Category<'writing'> = {
  labels: ['topic', 'greeting', 'tone', 'closing line'],
  templates: [
    template('write a {tone} note to {name} about the {topic}'),
    template('please send {name} a {tone} letter on the {topic}'),
    template('{name} needs a {tone} message about the {topic}'),
    template('for {name} : a {tone} mail on the {topic}'),
    template('please write {name} a {tone} message about the {topic}'),
    template('{name} wants a {tone} letter on the {topic}'),
  ],
  phrases: [...BODIES.map((body) => body.text), 'dear hello hi , it is . bye', ...Object.values(LETTER_CLOSINGS)],
  draw: (rng) => ({ category: 'writing', name: rng.pick(NAMES), topic: rng.pick(TOPICS), tone: rng.pick(TONES) }),
  slots: ({ name, topic, tone }) => ({ name, topic, tone }),
  fields: ({ name = '', topic = '', tone = '' }) =>
    isOneOf(NAMES, name) && isOneOf(TOPICS, topic) && isOneOf(TONES, tone)
      ? { category: 'writing', name, topic, tone }
      : null,
  core({ name, topic, tone }, met, rng) {
    const otherTone = tone === 'warm' ? 'formal' : 'warm';
    const greeting = met[1]
      ? `dear ${name} ,`
      : rng.pick(['hello ,', `dear ${rng.pickOther(NAMES, name)} ,`, `hi ${name} ,`]);
    const body = fill(rng.pick(BODIES), { topic: met[0] ? topic : rng.pickOther(TOPICS, topic) });
    const praise = `it is ${rng.pick(TONE_WORDS[met[2] ? tone : otherTone])} .`;
    const closing = met[3] ? `${LETTER_CLOSINGS[tone]} .` : rng.pick(['', 'bye .', `${LETTER_CLOSINGS[otherTone]} .`]);
    return `${greeting} ${body} ${praise} ${closing}`.trim();
  },
  judge({ name, topic, tone }, words) {
    const topics = words.filter((word) => isOneOf(TOPICS, word));
    const names = words.filter((word) => isOneOf(NAMES, word));
    const tones = words.filter((word) => isOneOf(TONE_WORDS.warm, word) || isOneOf(TONE_WORDS.formal, word));
    return [
      topics.length > 0 && topics.every((word) => word === topic),
      words[0] === 'dear' && words[1] === name && names.every((word) => word === name),
      tones.length > 0 && tones.every((word) => isOneOf(TONE_WORDS[tone], word)),
      ` ${words.join(' ')}`.endsWith(` ${LETTER_CLOSINGS[tone]} .`),
    ];
  },
};
