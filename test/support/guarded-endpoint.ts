import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import type { ModelName } from '../../src/sandbox/models';

/** An endpoint before the sandbox that asks for a key, answers as it is told to, and tells in its errors what it was sent. */
export interface GuardedEndpoint {
  url: string;
  /** Calls that brought the right key. */
  admitted(): number;
  close(): Promise<void>;
}

export interface GuardedModel {
  /** Who answers. */
  as: ModelName;
  /** What becomes of the answer. */
  spoil?: (text: string) => string;
}

interface Chat {
  model: string;
  messages: { content: string }[];
}

/**
 * @param refuses a part of a prompt that is refused for good, in an error that repeats the request's headers.
 */
export async function guardedEndpoint(
  sandbox: string,
  key: string,
  models: Readonly<Record<string, GuardedModel>>,
  refuses: string,
): Promise<GuardedEndpoint> {
  let admitted = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => void answer(Buffer.concat(chunks).toString('utf8')));
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const fail = (status: number, message: string) =>
      send(status, { error: { message: `${message}; headers: ${JSON.stringify(incoming.headers)}` } });

    async function answer(text: string): Promise<void> {
      if (incoming.headers.authorization !== `Bearer ${key}`) return fail(401, 'the key is wrong');
      if (incoming.method === 'GET') return send(200, { object: 'list', data: [] });
      admitted++;
      // As a gateway that breaks now and then; the call is made again.
      if (admitted % 50 === 7) return fail(500, 'the gateway broke');
      const chat = JSON.parse(text) as Chat;
      const model = models[chat.model];
      if (!model) return fail(404, `the model ${chat.model} does not exist`);
      if (chat.messages.at(-1)?.content.includes(refuses) && !chat.model.includes('judge'))
        return fail(400, "this model's maximum context length is exceeded");
      const reply = await request(`${sandbox}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ ...chat, model: model.as }),
      });
      const body = (await reply.body.json()) as { model: string; choices: { message: { content: string } }[] };
      for (const { message } of body.choices) message.content = model.spoil?.(message.content) ?? message.content;
      send(200, { ...body, model: chat.model });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    admitted: () => admitted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
