import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reached, temporalEnvironment } from '../../../src/temporal/environment';

const asText = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

describe("Temporal's standard variables", () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-temporal-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('are empty where nothing is set, or set to nothing', () => {
    const none = { address: null, namespace: 'default' };
    expect(temporalEnvironment({})).toMatchObject(none);
    expect(temporalEnvironment({ TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', TEMPORAL_PROFILE: '' })).toMatchObject(
      none,
    );
  });

  it('name a server with a key, which needs TLS', () => {
    const env = {
      TEMPORAL_ADDRESS: 'ns.a1b2c.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'ns.a1b2c',
      TEMPORAL_API_KEY: 'secret',
    };
    expect(temporalEnvironment(env)).toMatchObject({ address: env.TEMPORAL_ADDRESS, namespace: 'ns.a1b2c' });
    expect(reached(env.TEMPORAL_ADDRESS, env)).toEqual({ address: env.TEMPORAL_ADDRESS, apiKey: 'secret', tls: true });
  });

  it('name certificates, by their path', () => {
    const env = {
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem', 'a certificate'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key', 'a key'),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem', 'an authority'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example.com',
    };
    const { tls } = reached('temporal:7233', env);
    const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls as Exclude<
      typeof tls,
      boolean | null | undefined
    >;
    expect(serverNameOverride).toBe('temporal.example.com');
    expect(asText(serverRootCACertificate)).toBe('an authority');
    expect([clientCertPair?.crt, clientCertPair?.key].map(asText)).toEqual(['a certificate', 'a key']);
  });

  it('hold for the server that they name, and not for an embedded one', () => {
    const env = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_API_KEY: 'secret' };
    expect(reached('127.0.0.1:7233', env)).toEqual({ address: '127.0.0.1:7233' });
  });

  it('read a profile of a file where one is asked for', () => {
    const config = file('temporal.toml', '[profile.prod]\naddress = "prod:7233"\nnamespace = "flywheel"\n');
    const env = { TEMPORAL_CONFIG_FILE: config, TEMPORAL_PROFILE: 'prod' };
    expect(temporalEnvironment(env)).toMatchObject({ address: 'prod:7233', namespace: 'flywheel' });
    expect(temporalEnvironment({ ...env, TEMPORAL_ADDRESS: 'other:7233' }).address).toBe('other:7233');
  });

  it.each([
    { TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' },
    { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml', TEMPORAL_PROFILE: 'prod' },
  ])('are refused in one sentence where a file cannot be read: %j', (env) => {
    expect(() => temporalEnvironment(env)).toThrow(/^Temporal's environment \(TEMPORAL_…\) cannot be used: /);
  });
});
