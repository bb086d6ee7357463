import type { Message } from '../prompt';
import type { Filter } from './filter';

/** What may be found, and a test for what the expression cannot say. */
interface Kind {
  name: string;
  find: RegExp;
  isReal?: (text: string) => boolean;
}

const KINDS: readonly Kind[] = [
  {
    name: 'secret key',
    // Shapes that their makers publish: AWS, GitHub, Slack, OpenAI and Anthropic, Google, Stripe, JSON web tokens, PEM.
    // Every repetition has an end: over 16 MB of hostile text an endless one would fill the stack, or take hours.
    find: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}|\bgithub_pat_\w{22,255}|\bxox[abposr]-[\w-]{10,255}|\bsk-(?:ant-|proj-)?[\w-]{20,255}|\bAIza[\w-]{35}\b|\b[rs]k_live_[A-Za-z0-9]{16,255}|(?<![\w-])eyJ[\w-]{10,2048}\.eyJ[\w-]{10,8192}\.[\w-]{10,2048}|-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY-----(?:(?:[^-]|-(?!----)){0,16384}-----END (?:[A-Z]{2,12} ){0,3}PRIVATE KEY-----)?/g,
  },
  {
    name: 'e-mail address',
    find: /\b[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g,
    // Addresses set aside for examples (RFC 2606) are nobody's.
    isReal: (text) => !/@(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$/i.test(text),
  },
  { name: 'card number', find: /(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])/g, isReal: isCard },
  {
    name: 'IP address',
    find: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g,
    // Addresses that are no one machine's (RFC 1122, 1918, 5737, 6890), masks among them.
    isReal: (text) =>
      !/^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2(?:2[4-9]|[345]\d)\.|1\.2\.3\.4$|8\.8\.[48]\.[48]$|1\.1\.1\.1$)/.test(
        text,
      ),
  },
  {
    name: 'phone number',
    // Written as one: with a plus, or with separators in the groups of North America.
    find: /(?<![\w.+-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){2,3}|\(\d{3}\) ?\d{3}[-.]\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])/g,
  },
];

/** Whether digits are a payment card's: 13 to 19 with a scheme's first digit and a right check digit (Luhn, ISO/IEC 7812). */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 13 || !/^(?:3[4-7]|4|5[1-5]|2[2-7]|6)/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const value = i % 2 === 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** Whatever is found above holds one of these: most texts cost this one look. */
const SUSPICIOUS = /@|\d[\d .()-]{5,40}\d|sk-|sk_live|rk_live|AKIA|ASIA|gh[pousr]_|github_pat_|xox|AIza|eyJ|-----BEGIN/;

/** Drops dialogues with personal data or secrets, or masks them as `[e-mail address]`. */
export function personalData(action: 'drop' | 'mask'): Filter {
  return {
    step: 'personal',
    check(messages) {
      let changed = false;
      const masked: Message[] = [];
      for (const { role, content } of messages) {
        let text = content;
        if (SUSPICIOUS.test(text))
          for (const { name, find, isReal } of KINDS) {
            const hidden = text.replace(find, (found) => (isReal?.(found) === false ? found : `[${name}]`));
            if (hidden === text) continue;
            if (action === 'drop') return { drop: `personal data: ${name}` };
            changed = true;
            text = hidden;
          }
        masked.push({ role, content: text });
      }
      return changed ? { mask: masked } : null;
    },
  };
}
