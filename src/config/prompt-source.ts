const PREFIX = 'pool:';

/** The pool that a source of prompts names (`pool:NAME`, see `prompts import`); null for a file. */
export function poolNameOf(source: string): string | null {
  return source.startsWith(PREFIX) ? source.slice(PREFIX.length) : null;
}
