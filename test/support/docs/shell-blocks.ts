import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../../../src/embedded/paths';

/** A fenced block of a document. */
export interface Block {
  /** The document, from the repository's root. */
  file: string;
  /** The line of its fence, from 1. */
  line: number;
  /** What stands behind the fence: `sh`, `yaml`, `sh no-run: why`. */
  info: string;
  text: string;
}

/** A command line of a `sh` block, with what continues it. */
export interface Command {
  file: string;
  line: number;
  text: string;
  /** Why no test runs it, as the block says; null where it is run. */
  noRun: string | null;
}

const NO_RUN = /^sh no-run: (.+)$/;

/** The documents that a reader follows: README, docs/ and those of the examples. */
export function documents(root = repositoryRoot()): string[] {
  const under = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  return ['README.md', ...under('docs'), ...under('examples')].sort();
}

/** The fenced blocks of a Markdown text. */
export function blocksOf(file: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { fence: string; lines: string[] }) | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (open === null) {
      if (fence)
        open = { file, line: index + 1, info: fence[2]?.trim() ?? '', text: '', fence: fence[1] ?? '', lines: [] };
    } else if (fence && fence[2] === '' && fence[1]?.startsWith(open.fence)) {
      const { lines, fence: _, ...block } = open;
      blocks.push({ ...block, text: lines.join('\n') });
      open = null;
    } else open.lines.push(line);
  }
  return blocks;
}

/** The blocks of a document in the repository. */
export function blocksIn(file: string, root = repositoryRoot()): Block[] {
  return blocksOf(relative('.', file), readFileSync(join(root, file), 'utf8'));
}

/** Whether a block is of the shell, run or not. */
export const isShell = ({ info }: Block): boolean => info === 'sh' || info.startsWith('sh ');

/**
 * The command lines of a shell block.
 * @throws Error where its info is neither `sh` nor `sh no-run: REASON`.
 */
export function commandsOf({ file, line, info, text }: Block): Command[] {
  const noRun = info === 'sh' ? null : (NO_RUN.exec(info)?.[1] ?? null);
  if (info !== 'sh' && noRun === null)
    throw new Error(`${file}:${line}: a shell block is "sh", or "sh no-run: REASON"; this is "${info}"`);
  const commands: Command[] = [];
  let continues = false;
  for (const [index, part] of text.split('\n').entries()) {
    if (continues) {
      const last = commands.at(-1);
      if (last) last.text += `\n${part}`;
    } else if (part.trim() !== '' && !part.trim().startsWith('#'))
      commands.push({ file, line: line + 1 + index, text: part, noRun });
    continues = part.endsWith('\\');
  }
  return commands;
}
