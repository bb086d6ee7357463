import { configJsonSchema } from './schema';

/** The little of JSON Schema that the configuration uses. */
interface Node {
  type?: string | string[];
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  anyOf?: Node[];
  oneOf?: Node[];
  enum?: (string | number)[];
  const?: string | number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  additionalProperties?: unknown;
}

interface Setting {
  path: string;
  type: string;
  fallback: string;
  words: string;
}

const HEAD = `# The configuration

<!-- Written by \`npm run docs:configuration\` from src/config/schema.ts. Edit that. -->

A run or an arena alone is described by one YAML (or JSON) file. This page lists every setting; defaults are those of the paper
(arXiv 2407.10627) where it gives one. \`flywheel init\` writes a file to begin with, \`flywheel config check\` checks its form, and
\`flywheel doctor\` tries what it names. Paths are relative to the file. Keys stand in the environment and are named \`env:NAME\`.
An editor that speaks YAML completes and checks the file by the first line that \`init\` writes:
\`# yaml-language-server: $schema=./flywheel.schema.json\` (\`flywheel config schema\` prints that schema).

What decides results is frozen with the run's first activity. How it is reached (\`url\`, \`key\`, \`concurrency\`, \`price\`, time-outs) may
change: start the run again with the changed file.

In the tables \`[]\` is an item of a list and \`*\` a name of your own. _Required in its form_: a competitor, for example, is either an
endpoint with \`url\` and \`model\`, or a file of \`answers\`.
`;

/** The settings as a Markdown document, a section for each top-level setting. */
export function configDocument(): string {
  const schema = configJsonSchema() as Node;
  const top = Object.entries(schema.properties ?? {});
  const isRequired = (name: string) => (schema.required ?? []).includes(name);
  const all = top.map(([name, node]) => ({ name, rows: settings(name, node, isRequired(name)) }));
  const simple = all.filter(({ rows }) => rows.length === 1);
  const groups = all.filter(({ rows }) => rows.length > 1);
  const sections = [
    table(simple.flatMap(({ rows }) => rows)),
    ...groups.map(({ name, rows: [self, ...inner] }) => {
      const intro = [self?.words, self?.fallback === REQUIRED ? 'Required.' : ''].filter(Boolean).join(' ');
      return `## ${name}\n\n${intro === '' ? '' : `${intro}\n\n`}${table(inner)}`;
    }),
  ];
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

/** The alternatives that a setting may be, null left out. */
function parts(node: Node): Node[] {
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives) return alternatives.flatMap(parts);
  const types = [node.type].flat().filter((type) => type !== 'null');
  return types.length > 0 ? types.map((type) => ({ ...node, type }) as Node) : node.type === undefined ? [node] : [];
}

/** A setting with all that lie in it; what several forms of it have is one row. */
function settings(path: string, node: Node, isRequired: boolean): Setting[] {
  const forms = parts(node).flatMap((part) =>
    part.items ? parts(part.items).map((item) => ({ form: item, at: `${path}[]` })) : [{ form: part, at: path }],
  );
  const inside = forms.map(({ form, at }) => settingsIn(form, at));
  const structured = inside.filter((rows) => rows.length > 0);
  const paths = new Set(structured.flat().map((row) => row.path));
  const self: Setting = {
    path,
    type: typeOf(node),
    fallback: isRequired ? REQUIRED : fallbackOf(node),
    words: [node.description, ...parts(node).map((part) => part.description)].find((text) => text !== undefined) ?? '',
  };
  return [self, ...[...paths].map((one) => merged(structured, one))];
}

const REQUIRED = '**required**';

function settingsIn({ properties = {}, required = [], additionalProperties: named }: Node, at: string): Setting[] {
  const known = Object.entries(properties).flatMap(([name, child]) =>
    settings(`${at}.${name}`, child, required.includes(name)),
  );
  const free = typeof named === 'object' && named !== null && known.length === 0;
  return free ? settings(`${at}.*`, named, false) : known;
}

/** The row of a path over all forms that have it; required everywhere only where each form requires it. */
function merged(forms: readonly Setting[][], path: string): Setting {
  const rows = forms.flatMap((form) => form.find((row) => row.path === path) ?? []);
  const fallbacks = new Set(rows.map(({ fallback }) => fallback));
  const isAlways = rows.length === forms.length && fallbacks.size === 1;
  return {
    path,
    type: [...new Set(rows.map(({ type }) => type))].join(', '),
    fallback: fallbacks.has(REQUIRED)
      ? isAlways
        ? REQUIRED
        : 'required in its form'
      : [...fallbacks].filter(Boolean).join(' or '),
    words: rows.find(({ words }) => words !== '')?.words ?? '',
  };
}

function typeOf(node: Node): string {
  const types = new Set(parts(node).map(typeOfPart));
  return [...types].join(' or ') + (isNullable(node) ? ' or null' : '');
}

function isNullable(node: Node): boolean {
  return [node.type].flat().includes('null') || (node.anyOf ?? node.oneOf ?? []).some(isNullable);
}

function typeOfPart(node: Node): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`;
  if (node.type === 'object') return 'settings';
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'string') return 'text';
  if (node.type === 'integer' || node.type === 'number') return numberOf(node);
  return 'any';
}

function numberOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string {
  const bound = (value: number | undefined) => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const ends = [
    bound(minimum) ? `≥ ${minimum}` : '',
    exclusiveMinimum === undefined ? '' : `> ${exclusiveMinimum}`,
    bound(maximum) ? `≤ ${maximum}` : '',
    exclusiveMaximum === undefined ? '' : `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return [type === 'integer' ? 'whole number' : 'number', ends.join(', ')].filter(Boolean).join(' ');
}

function fallbackOf({ default: value }: Node): string {
  if (value === undefined) return '';
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return '';
  return `\`${JSON.stringify(value)}\``;
}

function table(rows: readonly Setting[]): string {
  if (rows.length === 0) return '';
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '| setting | type | default | |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ path, type, fallback, words }) => `| \`${path}\` | ${cell(type)} | ${cell(fallback)} | ${cell(words)} |`,
    ),
  ].join('\n');
}
