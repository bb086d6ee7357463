import { UserError } from './errors';

/**
 * The arguments of a user's command with its placeholders filled in, each within its argument: no shell reads them, and a
 * value never makes two arguments of one.
 * @throws UserError for a placeholder that nothing stands behind; `where` names the setting.
 */
export function filledIn(
  command: readonly string[],
  values: Readonly<Record<string, string>>,
  where: string,
): string[] {
  return command.map((argument) =>
    argument.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined)
        throw new UserError(
          `${where}: ${whole} in "${argument}" is no placeholder; known are ${Object.keys(values)
            .map((key) => `{${key}}`)
            .join(', ')}.`,
        );
      return value;
    }),
  );
}

/** The variables of this process that a user's command asks for by name. */
export function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
