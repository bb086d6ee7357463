import { request } from 'node:http';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import { sessionSchema } from '../../src/dashboard/schemas/session';
import { startDashboard } from '../../src/dashboard/server';
import { servedDashboard, type ServedDashboard } from '../support/dashboard/served';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';

/** Who may ask the dashboard's API, and send what, over real runs of scripted players and judges. */
let served: ServedDashboard;

const RUN = 'a board/with #signs';
const RUN_PATH = `/runs/${encodeURIComponent(RUN)}`;

beforeAll(async () => {
  served = await servedDashboard('dashboard-access');
  await served.play(RUN, {
    name: 'board',
    competitors: (['scholar', 'tutor'] as const).map((name) => sandboxPlayer(name)),
    judge: sandboxJudge('data-judge'),
    prompts: { source: [writePrompts(join(served.runs.servers.paths.home, 'prompts.jsonl'), 4, 'test')] },
    evaluation: { bootstrapRounds: 100 },
  });
});

afterAll(() => served?.stop());

describe('what is sent to a run', () => {
  it('is refused in its own words, and by a closed run', async () => {
    expect(await served.post(`${RUN_PATH}/messages/pause`, {})).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('No run') as string },
    });
    expect((await served.post('/runs/none/messages/pause', {})).status).toBe(404);
    expect((await served.post(`${RUN_PATH}/messages/explode`, {})).status).toBe(400);
  });

  it('pauses and resumes one that plays, as its updates do; followed as server-sent events', async () => {
    const config: ConfigInput = {
      name: 'slow',
      competitors: (['scholar', 'tutor', 'poet', 'coder'] as const).map((name) => sandboxPlayer(name, 1)),
      judge: sandboxJudge('data-judge', 1),
      prompts: { source: [writePrompts(join(served.runs.servers.paths.home, 'more.jsonl'), 150, 'test')] },
      arena: { batch: 12, window: 1 },
    };
    // It cannot come to its end.
    await served.runs.fault('slow', { model: 'data-judge' }, { seconds: 0.5 });
    const handle = await served.runs.start('slow', { config }, 'arena');
    const stop = new AbortController();
    const stream = await fetch(served.at('/live?run=slow'), { signal: stop.signal });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const hear = async (word: string) => {
      while (!heard.includes(word)) heard += (await reader.read()).value ?? '';
    };
    await hear('event: hello');

    for (;;) {
      const { status, body } = await served.post('/runs/slow/messages/pause', { reason: 'a test' });
      if (status === 404) continue; // It is being written down.
      expect({ status, body }).toEqual({
        status: 200,
        body: { sentence: 'Pausing: what is in flight ends, nothing new starts (a test).' },
      });
      break;
    }
    await hear('event: run');
    expect((await served.standing('slow', 'paused')).actions).toEqual(['resume', 'rollback', 'setBudget']);
    expect(await served.post('/runs/slow/messages/setBudget', { usd: -1 })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('setBudget needs an amount') as string },
    });
    expect((await served.post('/runs/slow/messages/resume', {})).body).toEqual({ sentence: 'Resumed.' });
    stop.abort();
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await served.runs.noFaults();
    expect((await served.standing('slow', 'closed')).row.attention).toContain('cancelled');
  });
});

describe('who may ask', () => {
  /** A request under another name, which fetch does not let one send. */
  const asked = (host: string, path = '/api/v1/session') =>
    new Promise<number>((resolve, reject) =>
      request(`${served.dashboard.url}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end(),
    );

  it('answers under its own names only: a foreign name that points here is refused', async () => {
    const { port } = new URL(served.dashboard.url);
    expect(await asked(`localhost:${port}`)).toBe(200);
    expect(await asked(`127.0.0.1:${port}`)).toBe(200);
    expect(await asked(`evil.example:${port}`)).toBe(421);
    expect(await asked('evil.example', '/')).toBe(421);
  });

  it('refuses changes without the token that only its own pages can read, and from other sites', async () => {
    const bare = (headers: Record<string, string>) =>
      fetch(served.at(`${RUN_PATH}/messages/pause`), {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await bare({})).status).toBe(403);
    const { csrf } = await served.get('/session', sessionSchema);
    expect((await bare({ 'x-csrf-token': csrf ?? '', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await bare({ 'x-csrf-token': csrf ?? '', 'sec-fetch-site': 'same-origin' })).status).toBe(409);
  });

  it('sends headers that let nothing foreign or inline run', async () => {
    const { headers } = await fetch(served.dashboard.url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('asks for a token beyond loopback, and keeps it in a cookie that no other site sends', async () => {
    await expect(startDashboard({ ...served.settings, host: '0.0.0.0' })).rejects.toThrow(/FLYWHEEL_DASHBOARD_TOKEN/);
    await expect(startDashboard({ ...served.settings, env: { FLYWHEEL_DASHBOARD_TOKEN: 'short' } })).rejects.toThrow(
      /16 or more/,
    );
    const token = 'a-long-enough-token-for-a-test';
    const guarded = await startDashboard({
      ...served.settings,
      host: '0.0.0.0',
      env: { FLYWHEEL_DASHBOARD_TOKEN: token },
    });
    const url = `http://127.0.0.1:${new URL(guarded.url).port}/api/v1`;
    const enter = (given: string) =>
      fetch(`${url}/session`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: given }) },
      });
    try {
      expect((await fetch(`${url}/runs`)).status).toBe(401);
      expect(await (await fetch(`${url}/session`)).json()).toMatchObject({
        guarded: true,
        signedIn: false,
        csrf: null,
      });
      expect((await enter('a-wrong-token-of-some-length')).status).toBe(403);
      const entered = await enter(token);
      const cookie = entered.headers.get('set-cookie') ?? '';
      expect(cookie).toMatch(/HttpOnly/);
      expect(cookie).toMatch(/SameSite=Strict/);
      expect(cookie).not.toContain(token);
      const session = cookie.split(';')[0] ?? '';
      expect((await fetch(`${url}/runs`, { headers: { cookie: session } })).status).toBe(200);
      expect((await fetch(`${url}/runs`, { headers: { cookie: 'flywheel_session=00' } })).status).toBe(401);
      expect((await fetch(`${url}/runs`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
      const change = await fetch(`${url}${RUN_PATH}/messages/pause`, {
        ...{ method: 'POST', body: '{}', headers: { 'content-type': 'application/json', cookie: session } },
      });
      expect(change.status).toBe(403);
    } finally {
      await guarded.close();
    }
  });

  it('says in OpenAPI what it answers', async () => {
    const document = (await (await fetch(served.at('/openapi.json'))).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/runs', '/runs/{run}/messages/{name}', '/runs/{run}/battles', '/dataset/row']),
    );
    expect(document.paths['/live']).toMatchObject({
      get: { parameters: [{ name: 'run', in: 'query' }], responses: { 200: { content: { 'text/event-stream': {} } } } },
    });
  });
});
