import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inWords, nextSteps } from '../../../src/cli/commands/what-next';
import { main } from '../../../src/cli/main';
import { addDashboard, writeUp } from '../../../src/embedded/up-file';

/** `flywheel` alone. */
const nothing = { isUp: false, dashboardUrl: null, uiUrl: null, runs: [], configurations: [] };
const run = (id: string, status: string) => ({
  ...{ run: id, name: id, status, next: null, rounds: 1, steps: 0, model: null, rating: null },
});
const commands = (situation: Partial<Parameters<typeof nextSteps>[0]>) =>
  nextSteps({ ...nothing, ...situation }).map(({ command }) => command);

describe('what to do next', () => {
  it('begins with the demo, or a configuration', () => {
    expect(commands({})).toEqual(['demo', 'init', 'up']);
    expect(commands({ isUp: true })).toEqual(['init']);
  });

  it('goes from a configuration to its run, by the command that plays it', () => {
    expect(commands({ isUp: true, configurations: [{ file: 'my-run.yaml', plays: 'run' }] })).toEqual([
      'doctor my-run.yaml',
      'run my-run.yaml',
    ]);
    expect(commands({ configurations: [{ file: 'my board.yaml', plays: 'arena run' }] })).toEqual([
      'demo',
      "doctor 'my board.yaml'",
      'up',
      "arena run 'my board.yaml'",
    ]);
  });

  it('follows what goes on, and shows what is done', () => {
    const configurations = [{ file: 'my-run.yaml', plays: 'run' as const }];
    expect(commands({ isUp: true, configurations, runs: [run("it's on", 'running'), run('old', 'done')] })).toEqual([
      String.raw`status 'it'\''s on' --watch`,
      String.raw`report 'it'\''s on'`,
    ]);
    expect(commands({ isUp: true, configurations, runs: [run('second try', 'done')] })).toEqual([
      "leaderboard 'second try'",
      "report 'second try'",
      'run my-run.yaml',
    ]);
  });
});

it('tells where the dashboard and the UI are, and how runs stand', () => {
  const dashboardUrl = 'http://127.0.0.1:7373';
  const up = { ...nothing, isUp: true, dashboardUrl, uiUrl: 'http://127.0.0.1:8233' };
  expect(inWords({ ...up, runs: [run('mine', 'running')] }).split('\n')).toEqual([
    'Postgres and Temporal are up.',
    `Dashboard: ${dashboardUrl}`,
    'Temporal UI: http://127.0.0.1:8233',
    'mine: running',
  ]);
  // Servers of one's own have no UI that is known here.
  expect(inWords({ ...up, uiUrl: null })).toContain(dashboardUrl);
  expect(inWords({ ...nothing, isUp: true })).toBe('A database is configured.');
});

describe('the command', () => {
  const VARIABLES = ['FLYWHEEL_HOME', 'FLYWHEEL_DATABASE_URL', 'TEMPORAL_ADDRESS'] as const;
  const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  const from = process.cwd();
  let folder: string;
  let out: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'flywheel-next-')));
    for (const name of VARIABLES) delete process.env[name];
    process.env['FLYWHEEL_HOME'] = join(folder, 'home');
    process.chdir(folder);
    out = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.chdir(from);
    for (const name of VARIABLES)
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    rmSync(folder, { recursive: true });
  });

  it('says that nothing runs, and shows the commands as they are typed', async () => {
    expect(await main([])).toBe(0);
    expect(out).toContain(`Nothing runs here (${join(folder, 'home')}).`);
    expect(out).toMatch(/^ {2}npx flywheel demo +a real flywheel/m);
    expect(out).toContain('All commands: npx flywheel --help');
  });

  it('reads the folder, and tells the dashboard of what is up', async () => {
    writeFileSync('board.yaml', 'name: board\ncompetitors: []\n');
    writeFileSync('my run.yaml', 'target: { base: x }\ncompetitors: []\n');
    writeFileSync('docker-compose.yml', 'services: {}\n');
    mkdirSync('folder.yaml');
    // Nobody listens there: what is known without the database is told all the same.
    writeUp({ databaseUrl: 'postgres://u:p@127.0.0.1:9/d', temporalAddress: '127.0.0.1:9', uiUrl: '' });
    addDashboard('http://127.0.0.1:7374');
    expect(await main([])).toBe(0);
    expect(out).toContain('Dashboard: http://127.0.0.1:7374');
    out = '';
    expect(await main(['--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      isUp: true,
      dashboardUrl: 'http://127.0.0.1:7374',
      uiUrl: null,
      configurations: [
        { file: 'board.yaml', plays: 'arena run' },
        { file: 'my run.yaml', plays: 'run' },
      ],
      next: [{ command: 'npx flywheel doctor board.yaml' }, { command: 'npx flywheel arena run board.yaml' }],
    });
  });
});
