import { InvalidArgumentError } from 'commander';
import type { Endpoint, Player } from './wanted';

/** Reads `url=…,model=…,key=env:NAME`. */
export function endpointFlag(text: string): Endpoint {
  const { url, model, key = null, ...others } = pairs(text);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined || url === undefined || model === undefined)
    throw new InvalidArgumentError(
      `${unknown === undefined ? '' : `There is no "${unknown}" here. `}Write it as url=http://gpu1:8000/v1,model=NAME, and ,key=env:VARIABLE where it needs one.`,
    );
  return { url, model, key };
}

/** Reads a player, `id=…,url=…,model=…,key=env:NAME` or `id=…,answers=FILE`, and adds it to those before. */
export function playerFlag(text: string, before: readonly Player[] = []): Player[] {
  const { id, answers, ...rest } = pairs(text);
  if (id === undefined)
    throw new InvalidArgumentError(
      'Write it as id=NAME,url=http://gpu1:8000/v1,model=NAME (and ,key=env:VARIABLE), or as id=NAME,answers=FILE.',
    );
  if (answers !== undefined) return [...before, { id, answers }];
  return [...before, { id, ...endpointFlag(joined(rest)) }];
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      if (at <= 0) throw new InvalidArgumentError(`"${part}" is not NAME=VALUE.`);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}

function joined(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map((field) => field.join('='))
    .join(',');
}
