import { thinFetch } from '../../../src/models/http';
import { closeServers, send, serve } from './server';

afterEach(closeServers);

test('sends and returns method, headers, body and status', async () => {
  const { url, seen } = await serve((response) =>
    send(response, 201, '{"ä":"ß"}', { 'x-one': '1', 'set-cookie': 'a=b' }),
  );
  const response = await thinFetch(`${url}/x?y=1`, { method: 'post', headers: { 'X-Two': '2' }, body: '{"q":"ü"}' });
  expect([response.status, response.ok, response.headers.get('x-one'), response.headers.get('set-cookie')]).toEqual([
    201,
    true,
    '1',
    'a=b',
  ]);
  expect(await response.json()).toEqual({ ä: 'ß' });
  expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/x?y=1', headers: { 'x-two': '2' }, body: { q: 'ü' } });
});

test('keeps connections for the next calls', async () => {
  const ports = new Set<number | undefined>();
  const { url } = await serve((response) => {
    ports.add(response.req.socket.remotePort);
    send(response, 200, '{}');
  });
  for (let call = 0; call < 20; call += 1) await thinFetch(url);
  // A second one opens where a call starts before the last one's socket is idle again.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test('a status without a body is a Response all the same, and a redirect is not followed', async () => {
  const { url, seen } = await serve((response, _seen, index) =>
    response.writeHead(index === 0 ? 204 : 302, { location: '/elsewhere' }).end(),
  );
  expect((await thinFetch(url)).status).toBe(204);
  expect((await thinFetch(url)).status).toBe(302);
  expect(seen).toHaveLength(2);
});

test('an abort ends the call, also while the body is on its way', async () => {
  const controller = new AbortController();
  const { url } = await serve((response) => {
    response.writeHead(200).write('half');
    setTimeout(() => controller.abort(), 20);
  });
  await expect(thinFetch(url, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('a body that is not text is refused', async () => {
  await expect(thinFetch('http://127.0.0.1:9', { method: 'POST', body: new Uint8Array(1) })).rejects.toThrow(
    'text only',
  );
});
