import { createServer } from 'node:http';
import { request } from 'undici';
import { listen } from '../../../src/http/listen';

/** An endpoint before the sandbox that refuses whatever holds a part of a text, in words of its own. */
export async function refusingEndpoint(sandbox: string, { refuses, says }: { refuses: string; says: string }) {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => void answer(Buffer.concat(chunks)));

    async function answer(body: Buffer): Promise<void> {
      if (body.includes(refuses)) {
        response.writeHead(400, { 'content-type': 'application/json' });
        return void response.end(JSON.stringify({ error: { message: says } }));
      }
      const path = incoming.url?.replace('/v1', '') ?? '';
      const reply = await request(sandbox + path, incoming.method === 'POST' ? { method: 'POST', body } : {});
      response.writeHead(reply.statusCode, { 'content-type': 'application/json' });
      response.end(await reply.body.text());
    }
  });
  const { origin, close } = await listen(server, { host: '127.0.0.1', port: 0 }, (reason) => reason);
  return { url: `${origin}/v1`, close };
}
