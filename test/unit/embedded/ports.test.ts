import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { choosePort, freePort, isFree, isListening } from '../../../src/embedded/ports';

let server: Server;
let taken: number;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  taken = (server.address() as AddressInfo).port;
});
afterEach(() => server.close());

test('a port in use is told from a free one', async () => {
  const free = await freePort();
  expect([await isFree(taken), await isListening(taken)]).toEqual([false, true]);
  expect([await isFree(free), await isListening(free)]).toEqual([true, false]);
});

test('a preferred port gives way when it is taken, one that was asked for is refused', async () => {
  const free = await freePort();
  expect(await choosePort({ name: 'X', preferred: free })).toBe(free);
  expect(await choosePort({ name: 'X', preferred: taken })).not.toBe(taken);
  expect(await choosePort({ name: 'X', asked: free, preferred: taken })).toBe(free);
  await expect(choosePort({ name: 'X', asked: taken })).rejects.toThrow(`X: port ${taken} on 127.0.0.1 is in use`);
});
