/**
 * A text as one word of a shell's command line, for commands that people copy: as it is where the shell takes it so, else
 * in quotes. Runs, pools and files have names that others chose.
 */
export function shellWord(text: string): string {
  return /^[\w.,:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
