import { shellWord } from '../shell-word';

/** The command that starts a closed id again, which then goes on where it stopped. */
export const continueHint = (id: string): string =>
  `npx flywheel run CONFIG --id ${shellWord(id)} (an arena alone: npx flywheel arena run CONFIG --id ${shellWord(id)})`;
