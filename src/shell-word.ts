/**
 * A text as one word of a shell's command line, for commands that people copy and for what runs through a shell: as it is
 * where the shell takes it so, else in quotes. Runs, pools and files have names that others chose.
 */
export function shellWord(text: string): string {
  return /^[\w.,:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
