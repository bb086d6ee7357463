import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { chartsOf, type Charts } from '../../../src/report/charts';
import { outcomeFinding, ratingFinding, winRateFinding } from '../../../src/report/findings';
import { htmlReport } from '../../../src/report/html';
import { markdownReport } from '../../../src/report/markdown';
import { sectionsOf } from '../../../src/report/sections';
import { writeReport } from '../../../src/report/write';
import { sampleReport } from './sample';

const HOSTILE = [
  '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
  "[click](javascript:alert(3)) | `x` \x1b[31m \u202e]]>--> ' https://evil.test",
  'n'.repeat(1000),
] as const;

/** An escape sequence's beginning, and an override of the text's direction. */
const STEERING = ['\x1b', '\u202e'];

async function rendered(report = sampleReport(['good', 'fair', 'poor'])) {
  const charts = await chartsOf(report);
  const sections = sectionsOf(report, charts);
  return { charts, html: htmlReport(report, sections), markdown: markdownReport(report, sections) };
}

const drawn = ({ ratings, winRates, outcomes, judges, rounds }: Charts) => [
  ratings,
  winRates,
  outcomes,
  ...(judges ? [judges] : []),
  ...(rounds ? [rounds] : []),
];

describe('findings', () => {
  const { table, pairs } = sampleReport(['good', 'fair', 'poor']);

  it('say who leads, and whether the interval stands clear', () => {
    expect(ratingFinding(table.models)).toBe(
      'good is rated highest: 1100 (95% interval 1070 to 1130); its interval overlaps that of fair',
    );
    const [good, , poor] = table.models;
    expect(ratingFinding(good && poor ? [good, poor] : [])).toMatch(/, clear of all others$/);
    expect(ratingFinding([])).toBe('Nobody is rated yet');
  });

  it('name the most one-sided pair and count what was lost', () => {
    expect(winRateFinding(pairs)).toBe('The most one-sided pair: good won 87.5% of its games against fair');
    expect(outcomeFinding(pairs)).toBe(
      '55.0% of 20 battles have a winner, 10.0% are inconsistent, 7 are lost to unreadable verdicts or failed calls',
    );
  });
});

describe('charts', () => {
  it('are images with a title and a description, in colours that follow the theme', async () => {
    const { charts } = await rendered();
    expect(drawn(charts).map(({ name }) => name)).toEqual(['ratings', 'win-rates', 'outcomes', 'judges', 'rounds']);
    for (const { name, title, svg } of drawn(charts)) {
      const { document } = parseHTML(svg);
      const root = document.querySelector('svg');
      expect(root?.getAttribute('role')).toBe('img');
      expect(root?.getAttribute('aria-labelledby')).toBe(`${name}-title ${name}-desc`);
      expect(document.querySelector('title')?.textContent).toBe(title);
      expect(document.querySelector('desc')?.textContent).toMatch(
        name === 'judges' ? /^judge with itself: 84\.6%/ : name === 'rounds' ? /^I0: 900/ : /good/,
      );
      expect(svg).toContain('prefers-color-scheme:dark');
      expect(svg).not.toMatch(/NaN|undefined/);
    }
  });

  it('draw an open end as an arrow, and the axes with their units', async () => {
    const { ratings, outcomes, winRates } = (await rendered()).charts;
    expect(ratings.svg.match(/▶/g)).toHaveLength(1);
    expect(ratings.svg).toContain('rating (Bradley-Terry points) and 95% interval');
    expect(outcomes.svg).toContain('share of battles (%)');
    // Good beat fair in 12 of 16 games and shared 4 inconsistent ones: 14 of 16.
    expect(winRates.svg).toMatch(/>88</);
    expect(winRates.svg).toMatch(/>13</);
  });

  it('are drawn of one player, and of sixty', async () => {
    const one = sampleReport(['only', 'b', 'c']);
    const alone = { ...one, table: { ...one.table, models: one.table.models.slice(0, 1) }, pairs: [], judges: [] };
    expect((await rendered({ ...alone, agreement: null })).charts.judges).toBeNull();
    const models = Array.from({ length: 60 }, (_, index) => ({ ...one.table.models[0]!, model: `m${index}` }));
    const pairs = models.slice(1).map(({ model }) => ({ ...one.pairs[0]!, a: 'm0', b: model }));
    const { markdown, charts } = await rendered({ ...one, table: { ...one.table, models }, pairs });
    expect(markdown).toContain('The map shows the 24 highest rated players');
    expect(markdown).toContain('the first 28 of 59 pairs');
    expect(charts.ratings.svg).toContain('m59');
  });
});

describe('the story of a run', () => {
  it('says what was decided, trained on and done, and how to do it again', async () => {
    const { html, markdown, charts } = await rendered();
    expect(charts.rounds?.title).toBe('r1-ppo-a1 stands 40 points above I0');
    for (const heading of [
      'What was run',
      'Steps and decisions',
      'The training data',
      'What happened',
      'How to reproduce it',
    ]) {
      expect(html).toContain(`<h2>${heading}</h2>`);
      expect(markdown).toContain(`## ${heading}`);
    }
    expect(html).toContain('<pre>name: &quot;good&quot;\n');
    expect(markdown).toContain('`````yaml\nname: "good"\nfence: "````"\n`````');
  });

  it('leaves out what an arena alone has not', async () => {
    const report = sampleReport(['good', 'fair', 'poor']);
    const { html, charts } = await rendered({
      ...report,
      story: { ...report.story, steps: [], datasets: [], events: [] },
    });
    expect(charts.rounds).toBeNull();
    expect(html).not.toMatch(/Steps and decisions|The training data|What happened/);
  });
});

describe('a report of players with hostile names', () => {
  const report = sampleReport(HOSTILE, { judge: HOSTILE[0], run: HOSTILE[0], warnings: [HOSTILE[1]] });

  it('has no script, no link and nothing to load in its page', async () => {
    const { html } = await rendered(report);
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('script, img, a, iframe, object, link, image, use, foreignObject')).toHaveLength(
      0,
    );
    const all = [...document.querySelectorAll('*')];
    expect(all.length).toBeGreaterThan(100);
    for (const element of all)
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on|^(href|src|xlink:href|style)$/i);
    expect(document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')).toContain(
      "default-src 'none'",
    );
    for (const steering of STEERING) expect(html).not.toContain(steering);
    expect(document.querySelector('h1')?.textContent).toContain('<script>alert(1)</script>');
  });

  it('keeps its charts well-formed, with labels that fit', async () => {
    for (const { svg } of drawn((await rendered(report)).charts)) {
      expect(svg).not.toMatch(/<script|<img|onerror=alert\(2\)>/);
      for (const steering of STEERING) expect(svg).not.toContain(steering);
      expect(svg).not.toContain('n'.repeat(40));
      // Every & begins an entity that XML knows.
      expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#\d+;|#x[\da-f]+;)/i);
    }
  });

  it('stays one table row per player in Markdown', async () => {
    const { markdown: whole } = await rendered(report);
    // What stands between fences is text.
    const markdown = whole.replace(/^(`{3,})yaml\n[^]*?\n\1$/gm, '');
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(10);
    const cells = (row: string) => row.replace(/\\./g, '').split('|').length;
    expect(cells(rows[0] ?? '')).toBe(11);
    for (const row of rows.slice(0, 5)) expect(cells(row)).toBe(11);
    expect(markdown).not.toMatch(/(?<!\\)<|(?<!\\)\]\(javascript|https:\/\//);
    for (const steering of STEERING) expect(markdown).not.toContain(steering);
  });
});

describe('writing', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-report-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives the document back as JSON, and writes the same files every time', async () => {
    const report = sampleReport(['good', 'fair', 'poor']);
    const files = await writeReport(report, join(folder, 'new', 'place'));
    const contents = files.map((file) => readFileSync(file, 'utf8'));
    expect(JSON.parse(contents[0] ?? '')).toEqual(report);
    await writeReport(report, join(folder, 'new', 'place'));
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(contents);
  });

  it('says which folder it could not write to', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeReport(sampleReport(['a', 'b', 'c']), join(folder, 'file'))).rejects.toThrow(/--out/);
  });
});
