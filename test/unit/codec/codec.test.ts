import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { request } from 'undici';
import { createPayloadCodec } from '../../../src/codec/codec';
import { startCodecEndpoint, type CodecEndpoint } from '../../../src/codec/endpoint';
import { keysFrom, newKey, type Keys } from '../../../src/codec/keys';

const VALUE = { config: { name: 'secret plan' } };
const payload = (value: unknown = VALUE): Payload => defaultPayloadConverter.toPayload(value);
const read = (one: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(one!);
const keys = (...ids: string[]): Keys => new Map(ids.map((id) => [id, randomBytes(32)]));

describe('the codec', () => {
  const ring = keys('k2', 'k1');
  const codec = createPayloadCodec(ring);

  it('hides a payload and its metadata, never twice in the same way, and opens it again', async () => {
    const [one, other] = await codec.encode([payload(), payload()]);
    for (const hidden of [one, other]) {
      expect(Buffer.from(hidden!.data!).toString('latin1')).not.toContain('secret plan');
      expect(Object.keys(hidden!.metadata!)).toEqual(['encoding', 'encryption-key-id']);
    }
    expect(one!.data).not.toEqual(other!.data);
    expect((await codec.decode([one!])).map(read)).toEqual([VALUE]);
    expect(await codec.encode([])).toEqual([]);
  });

  it('reads what came in the clear, and what an older key hid', async () => {
    expect((await codec.decode([payload()])).map(read)).toEqual([VALUE]);
    const older = createPayloadCodec(new Map([['k1', ring.get('k1')!]]));
    expect((await codec.decode(await older.encode([payload()]))).map(read)).toEqual([VALUE]);
  });

  it('hides nothing without a key', async () => {
    expect(await createPayloadCodec(new Map()).encode([payload()])).toEqual([payload()]);
  });

  it('refuses a changed payload, another key of the same id, and a key that it has not', async () => {
    const [hidden] = await codec.encode([payload()]);
    const changed = { ...hidden, data: Buffer.from(hidden!.data!) };
    changed.data[40]! ^= 1;
    await expect(codec.decode([changed])).rejects.toThrow(/cannot be opened/);
    await expect(createPayloadCodec(keys('k2')).decode([hidden!])).rejects.toThrow(/cannot be opened/);
    await expect(createPayloadCodec(keys('k9')).decode([hidden!])).rejects.toThrow(
      /encrypted with the key "k2", which FLYWHEEL_PAYLOAD_KEY does not hold/,
    );
    // An id that the tag does not cover would let a payload be passed off under another key's name.
    const renamed = { ...hidden, metadata: { ...hidden!.metadata, 'encryption-key-id': Buffer.from('k3') } };
    const twin = createPayloadCodec(new Map([['k3', ring.get('k2')!]]));
    await expect(twin.decode([renamed])).rejects.toThrow(/cannot be opened/);
  });
});

describe('the key variable', () => {
  const from = (value?: string) => keysFrom(value === undefined ? {} : { FLYWHEEL_PAYLOAD_KEY: value });

  it('takes one key or several, the first to encrypt', () => {
    const [one, two] = [newKey(new Date('2024-05-06')), `old:${randomBytes(32).toString('base64')}`];
    expect([...from(`${one}, ${two}`).keys()]).toEqual(['k20240506', 'old']);
    expect(from().size).toBe(0);
    expect(from('').size).toBe(0);
  });

  it.each(['abcdef', 'k1:', 'k1:c2hvcnQ=', `:${Buffer.alloc(32).toString('base64')}`])(
    'refuses %s without showing it',
    (value) => {
      expect(() => from(value)).toThrow(/key 1 cannot be read. Expected ID:KEY/);
      expect(() => from(value)).not.toThrow(value);
    },
  );

  it('refuses two keys of one id', () => {
    expect(() => from(`${newKey()},${newKey()}`)).toThrow(/two keys have the id/);
  });
});

describe('the endpoint of the Temporal UI', () => {
  const UI = 'http://127.0.0.1:8233';
  const ring = keys('k1');
  let endpoint: CodecEndpoint;
  beforeAll(async () => (endpoint = await startCodecEndpoint({ keys: ring, origins: [UI] })));
  afterAll(() => endpoint.close());

  /** A payload as protobuf's JSON, which the UI sends. */
  const json = ({ metadata, data }: Payload) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data ?? []).toString('base64'),
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(`${endpoint.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': 'default', origin: UI, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('answers the browser’s preflight for the UI’s headers', async () => {
    const { statusCode, headers } = await request(`${endpoint.url}/decode`, {
      method: 'OPTIONS',
      headers: {
        origin: UI,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-namespace',
      },
    });
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-headers': expect.stringContaining('x-namespace') as string,
    });
  });

  it('decodes what a history holds and encodes what a form sends', async () => {
    const [hidden] = await createPayloadCodec(ring).encode([payload()]);
    const decoded = await post('/decode', { payloads: [json(hidden!), json(payload('plain'))] });
    expect(decoded.headers['access-control-allow-origin']).toBe(UI);
    expect(await decoded.body.json()).toEqual({ payloads: [json(payload()), json(payload('plain'))] });

    const encoded = await post('/encode', { payloads: [json(payload({ usd: 50 }))] });
    const { payloads } = (await encoded.body.json()) as { payloads: ReturnType<typeof json>[] };
    expect(Buffer.from(payloads[0]!.metadata['encoding']!, 'base64').toString()).toBe('binary/encrypted');
    const again = await post('/decode', { payloads });
    expect(await again.body.json()).toEqual({ payloads: [json(payload({ usd: 50 }))] });
  });

  it('gives pages of other origins nothing, and refuses what is no request', async () => {
    const [hidden] = await createPayloadCodec(ring).encode([payload()]);
    const other = await post('/decode', { payloads: [json(hidden!)] }, { origin: 'https://evil.example' });
    expect(other.statusCode).toBe(403);
    expect(await other.body.text()).toBe('');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    expect((await post('/decode', '{')).statusCode).toBe(400);
    expect((await post('/decode', { payloads: 'x' })).statusCode).toBe(400);
    expect((await post('/elsewhere', {})).statusCode).toBe(404);
  });

  it('needs a token beyond loopback, and asks for it', async () => {
    await expect(startCodecEndpoint({ keys: ring, origins: [UI], host: '0.0.0.0' })).rejects.toThrow(/token/);
    const guarded = await startCodecEndpoint({ keys: ring, origins: [UI], token: 'open sesame' });
    const ask = async (authorization: string) =>
      (await request(`${guarded.url}/decode`, { method: 'POST', body: '{"payloads":[]}', headers: { authorization } }))
        .statusCode;
    expect([await ask('Bearer wrong'), await ask('Bearer open sesame')]).toEqual([401, 200]);
    await guarded.close();
  });
});
