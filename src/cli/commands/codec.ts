import type { Command } from 'commander';
import { loopbackOrigins, startCodecEndpoint } from '../../codec/endpoint';
import { KEY_VARIABLE, keysFrom, newKey } from '../../codec/keys';
import { DEFAULT_UI_PORT } from '../../embedded/temporal';
import { readUp } from '../../embedded/up-file';
import { UserError } from '../../errors';
import { describedCommand, JSON_OPTION, port } from '../options';
import { say, sayJson } from '../output';
import { stopSignal } from '../stop-signal';

interface Options {
  newKey?: boolean;
  host: string;
  port: number;
  origin?: string[];
  json?: boolean;
}

const DEFAULT_PORT = 8234;
const USUAL_UI = `http://127.0.0.1:${DEFAULT_UI_PORT}`;

export function codecCommand(): Command {
  return describedCommand(
    'codec',
    `Serve the endpoint by which the Temporal UI shows payloads that ${KEY_VARIABLE} encrypts (\`up\` does so by itself). docs/security.md says more.`,
    'codec --new-key',
    `codec --origin https://temporal.example.com`,
  )
    .option('--new-key', `print a new key for ${KEY_VARIABLE}, and end`)
    .option('--host <address>', 'where to listen; beyond 127.0.0.1 with a token in FLYWHEEL_CODEC_TOKEN', '127.0.0.1')
    .option('--port <port>', 'the port', port, DEFAULT_PORT)
    .option('--origin <url...>', 'pages that may use it (default: the UI of what is up)')
    .option(...JSON_OPTION)
    .action(serve);
}

async function serve({ newKey: asksForKey = false, host, port: asked, origin, json = false }: Options): Promise<void> {
  if (asksForKey) {
    const key = newKey();
    if (json) sayJson({ variable: KEY_VARIABLE, key });
    else say(key);
    return;
  }
  const keys = keysFrom();
  if (keys.size === 0)
    throw new UserError(
      `${KEY_VARIABLE} holds no key. \`npx flywheel codec --new-key\` makes one; workers need it too.`,
    );
  const origins =
    origin?.map((url) => originOf(url)) ?? loopbackOrigins(Number(new URL(readUp()?.uiUrl || USUAL_UI).port));
  const { signal, stopped, release } = stopSignal();
  const endpoint = await startCodecEndpoint({
    ...{ keys, host, origins, port: asked },
    token: process.env['FLYWHEEL_CODEC_TOKEN'] || null,
  });
  try {
    if (json) sayJson({ url: endpoint.url, origins });
    else {
      say(`The codec endpoint is ${endpoint.url}, for pages of ${origins.join(', ')}.`);
      say('Enter it in the Temporal UI (the glasses at the top, "Codec Server"). Ctrl-C stops it.');
    }
    await stopped;
    if (signal.aborted && !json) say('Stopping');
  } finally {
    await endpoint.close();
    release();
  }
}

function originOf(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url).origin;
  throw new UserError(`--origin: "${url}" is no address such as http://127.0.0.1:8233.`);
}
