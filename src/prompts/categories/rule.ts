import { CATEGORIES, type Category } from './category';

/** The name under which the rule's categories are stored; another rule, another name. */
export const CATEGORY_RULE = 'rule-v1';

/** Words that speak for a category, with what one of them counts. What is asked to be done counts more than what it is about. */
const SIGNS: Record<Category, [RegExp, number][]> = {
  coding: [
    [/```|\b(?:def|import|return|select \*|public static)\b.*[({;:]/giu, 3],
    [
      /\b(?:python|javascript|typescript|java|c\+\+|c#|rust|golang|sql|html|css|bash|regex|react|django|numpy|pandas|docker|kubernetes|git)(?![\w+])/giu,
      3,
    ],
    [
      /\b(?:code|function|algorithm|program|script|api|compile|debug|bug|array|linked list|binary (?:tree|search)|implement\w*|class|database|server|website|software|stack trace|unit tests?)\b/giu,
      2,
    ],
  ],
  math: [
    [/\d\s*[*^=/]\s*[\dx(]|\bf\(x\)|\b[xyz]\s*[+=^-]\s*\d|\\frac|\\int|\\sum|\$[^$\n]*[\\^_][^$\n]*\$/giu, 3],
    [
      /\b(?:equations?|integrals?|derivatives?|probabilit\w+|polynomials?|remainder|divisible|theorem|inequalit\w+|integers?|vertices|triangle|algebra|geometry|logarithm|prime numbers?|matri(?:x|ces)|eigenvalues?|square root)\b/giu,
      2,
    ],
    [/\b(?:solve|calculate|compute|prove that|how (?:much|many)|what is the (?:sum|area|value|total))\b/giu, 1.5],
    [/\b(?:percent|total|cost|spent|each|twice|half)\b|\$\d/giu, 0.7],
  ],
  reasoning: [
    [
      /\b(?:puzzle|riddle|logical(?:ly)?|deduce|odd one out|does not belong|statements? (?:is|are|below)|true, false|if the (?:first|third)|overtak\w+|facing|parking|crime scene|detective)\b/giu,
      3,
    ],
    [
      /\b(?:brothers?|sisters?|father|mother|son|daughter|taller|shorter|older|younger|left of|right of|related to|who (?:is|was|could)|how many \w+ (?:does|do))\b/giu,
      1.2,
    ],
    [/\b(?:why\?|explain why|what would happen|therefore|conclude|which (?:one|word|of))\b/giu, 1],
  ],
  roleplay: [
    [
      /\b(?:pretend|act as|role-?play\w*|imagine (?:that )?(?:you|yourself)|picture yourself|embody|embrace the role|(?:take on|assume|play) the (?:role|persona)|stay in character|(?:speak|talk|answer|respond) (?:as|like) (?:a|an|if)|you are (?:now )?(?:a|an|the) \w+|your name is|as if you (?:were|are)|i want you to act)\b/giu,
      5,
    ],
    [/\b(?:persona|character|in the style of)\b/giu, 1],
  ],
  extraction: [
    [
      /\b(?:extract|named entit\w+|in json|as json|json (?:format|array|object)|csv format|identify the (?:following|main|countries|named)|(?:count|list|find|identify) (?:how many|all|each|every) (?:the )?\w+ (?:in|from|of|mentioned)|from the (?:following|given|text|passage|paragraph|data)|(?:given|evaluate|analy[sz]e|read|assign) (?:the |these )?(?:following|below)?\s*(?:text|passage|paragraph|records?|data|reviews?|article|equation|questions?)|on a scale of)\b/giu,
      3,
    ],
    [
      /\b(?:the following|below|categori[sz]e|classify|label|corresponding|return the (?:results|answer)s?|format)\b/giu,
      1,
    ],
  ],
  writing: [
    [
      /\b(?:(?:write|compose|draft|craft|create|generate|pen) (?:me )?(?:a|an|the|some|\d+|one|two|three)\b|rewrite|rephrase|paraphrase|proofread|edit the|improve the (?:text|wording)|summari[sz]e)/giu,
      2.5,
    ],
    [
      /\b(?:essay|blog|poem|haiku|sonnet|story|e-?mail|letter|article|speech|headlines?|lyrics|slogan|paragraph|post|outline|screenplay|novel|persuasive|captivating|vivid|tone|in less than \w+ words)\b/giu,
      2,
    ],
  ],
  stem: [
    [
      /\b(?:physics|quantum|chemi\w+|biolog\w+|dna|rna|proteins?|enzymes?|cells?|photosynthesis|molecul\w+|atoms?|electron\w*|reactions?|exothermic|thermodynamic\w*|gravity|orbit\w*|satellites?|circuits?|voltage|engineer\w*|bridges?|seismic|geolog\w+|climate|evolution|genetic\w*|vaccines?|neural networks?|machine learning|supervised|astronom\w+|solar|energy|species|disease|medical|experiment|superposition|entanglement)\b/giu,
      1.6,
    ],
  ],
  humanities: [
    [
      /\b(?:histor\w+|econom\w+|gdp|inflation|unemployment|fiscal|monetary|philosoph\w*|ethic\w*|socrat\w*|moral\w*|politic\w*|govern\w*|law|legal|antitrust|monopol\w+|war|empire|revolution|centur(?:y|ies)|religio\w*|cultur\w+|societ\w+|social|literature|novelist|art|artists?|museum|theor(?:y|ies) of|linguist\w*|etiquette|diplomac\w+|treaty|business|market\w*|lesson plan|teach\w*|documentar\w+)\b/giu,
      1.4,
    ],
  ],
};

/** A sign that comes again and again says little more than once. */
const MOST_OF_A_SIGN = 3;

/**
 * The category of a request by its words; null where no sign of any is seen. Cheap and rough: see docs/prompts.md for how often it agrees
 * with people, and ask a judge where that matters.
 */
export function categoryByRule(text: string): Category | null {
  let best: { category: Category | null; score: number } = { category: null, score: 0 };
  for (const category of CATEGORIES) {
    const score = SIGNS[category].reduce((sum, [sign, weight]) => {
      const said = new Set((text.match(sign) ?? []).map((found) => found.toLowerCase()));
      return sum + weight * Math.min(said.size, MOST_OF_A_SIGN);
    }, 0);
    if (score > best.score) best = { category, score };
  }
  return best.category;
}
