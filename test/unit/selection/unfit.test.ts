import { isRefusal, namesMaker, unfitReason } from '../../../src/selection/unfit';

describe('isRefusal', () => {
  it.each([
    "I'm sorry, but I can't help with that.",
    'I cannot assist with this request.',
    'Sorry, I can’t do that.',
    "I apologize, but I'm not able to provide that information.",
    'As an AI language model, I cannot have opinions.',
    'Unfortunately, I am unable to open links.',
    'I must decline to write this.',
    "I won't write malware.",
    'My apologies, I cannot continue.',
  ])('%s', (text) => expect(isRefusal(text)).toBe(true));

  it.each([
    "I can't recommend this book enough!",
    'I cannot stress this point more: back up your data.',
    'Sorry to hear about your loss. Here is a letter you could send.',
    'The function returns null when it cannot open the file.',
    'As an AI language model, I was trained on text, and here is how that works.',
    'You could say: "I am sorry, but I cannot attend."',
    "I'm sorry you had trouble. First, restart the router.",
    'Unfortunately the bridge collapsed in 1940.',
    '',
  ])('not: %s', (text) => expect(isRefusal(text)).toBe(false));
});

describe('namesMaker', () => {
  it.each([
    'I am ChatGPT, a large language model.',
    "I'm Claude, made by Anthropic.",
    'As an assistant I was trained by OpenAI to help.',
    'Hello! My name is Qwen.',
    'I am a language model developed by Mistral AI.',
    'As GPT-4, I would say yes.',
    "As an AI developed by OpenAI, I'm unable to perform web scraping directly.",
  ])('%s', (text) => expect(namesMaker(text)).toBe(true));

  it.each([
    'OpenAI was founded in 2015, and Anthropic in 2021.',
    'Claude Monet painted water lilies.',
    'As Claude Shannon showed in 1948 the channel has a capacity.',
    'The llama is a domesticated animal; a gemini is a twin.',
    'I was made for walking.',
    'As Google documentation says, use batching.',
    'You can call the OpenAI API with curl.',
  ])('not: %s', (text) => expect(namesMaker(text)).toBe(false));
});

it('gives the first reason that its rules ask for', () => {
  const all = { skipTruncated: true, skipRefusals: true, skipMakers: true };
  const none = { skipTruncated: false, skipRefusals: false, skipMakers: false };
  const cut = { text: 'I cannot', finishReason: 'length' };
  expect(unfitReason(cut, all)).toBe('truncated');
  expect(unfitReason({ ...cut, finishReason: 'stop' }, all)).toBe('refusal');
  expect(unfitReason(cut, none)).toBeNull();
  expect(unfitReason({ text: ' \n', finishReason: 'stop' }, none)).toBe('empty');
  expect(unfitReason({ text: 'I am Claude.', finishReason: 'stop' }, all)).toBe('namesMaker');
});
