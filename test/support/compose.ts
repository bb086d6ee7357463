import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../src/embedded/paths';

export interface Service {
  image?: string;
  build?: { target?: string };
  command?: string | string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  restart?: string;
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

/** docker-compose.yml as it is read without any variable set: each with its default. */
export function readCompose(): Compose {
  const text = readFileSync(join(repositoryRoot(), 'docker-compose.yml'), 'utf8');
  return parse(text.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_, value: string = '') => value)) as Compose;
}

/** Names of the variables that docker-compose.yml takes, with their defaults. */
export function variablesOf(): Map<string, string> {
  const text = readFileSync(join(repositoryRoot(), 'docker-compose.yml'), 'utf8');
  return new Map([...text.matchAll(/\$\{(\w+)(?::-([^}]*))?\}/g)].map(([, name = '', value = '']) => [name, value]));
}

/** The compose command of this machine: docker's plug-in, or docker-compose; null where there is neither. */
export const composeCommand = ((): string[] | null => {
  const commands = [['docker', 'compose'], ['docker-compose']];
  return commands.find(([command = '', ...args]) => spawnSync(command, [...args, 'version']).status === 0) ?? null;
})();
