import { Link, useParams } from 'react-router';
import type { Compare } from '../../../src/dashboard/schemas/compare';
import { apiPath, runPath, useApi } from '../api';
import { grouped, percent } from '../format';
import { Answered, Await, Badge, Card, Choice, Empty, Name, type Tone } from '../parts/basic';
import { Pager } from '../parts/pager';
import { LongText, TextLine } from '../parts/texts';
import { useUrlState } from '../parts/url';

type Row = Compare['rows'][number];

const TONES: Readonly<Record<Row['verdict'], Tone>> = { better: 'good', worse: 'bad', same: 'quiet', unknown: 'quiet' };
const VERDICTS = ['better', 'same', 'worse', 'unknown'] as const;

/** Two models, of one run or of two, on the same prompts. */
export function ComparePage() {
  const { run = '' } = useParams();
  const url = useUrlState();
  const query = useApi<Compare>(runPath(run, '/compare'), {
    old: url.get('old'),
    new: url.get('new'),
    with: url.get('with'),
    verdict: url.get('verdict'),
    after: url.get('after'),
  });
  const choose = (changes: Record<string, string | null>) => url.set({ ...changes, after: null });
  return (
    <>
      <div className="page-head">
        <h1>Compare</h1>
      </div>
      <Answered query={query} height={600}>
        {(found) => (
          <>
            <div className="toolbar" role="group" aria-label="What to compare">
              {found.runs.length > 1 && (
                <Choice
                  label="Old run"
                  value={found.with}
                  options={found.runs}
                  onChange={(value) => choose({ with: value === run ? null : value, old: null })}
                />
              )}
              <Choice
                label="Old"
                value={found.old}
                options={found.models.old}
                onChange={(value) => choose({ old: value })}
              />
              <Choice
                label="New"
                value={found.new}
                options={found.models.new}
                onChange={(value) => choose({ new: value })}
              />
              <Choice
                label="New answer is"
                value={url.get('verdict')}
                any="anything"
                options={['better', 'same', 'worse']}
                onChange={(value) => choose({ verdict: value })}
              />
            </div>
            <Card>
              <Await of={found.summary} height={64}>
                {(summary) => <Summary summary={summary} found={found} />}
              </Await>
            </Card>
            <div className={query.isPlaceholderData ? 'stale' : ''}>
              {found.rows.length === 0 && found.next === null ? (
                <Card>
                  <Empty
                    title={url.get('verdict') === '' ? 'They have answered no prompt in common' : 'No prompt is so'}
                  />
                </Card>
              ) : (
                found.rows.map((row) => <ComparedCard key={row.prompt} row={row} found={found} />)
              )}
              {found.rows.length === 0 && found.next !== null && (
                <Card>
                  <Empty title="None so among the prompts looked at">“Next” looks on.</Empty>
                </Card>
              )}
            </div>
            <Pager next={found.next} />
          </>
        )}
      </Answered>
    </>
  );
}

type Summary = Extract<Compare['summary'], { state: 'ready' }>['value'];

function Summary({ summary, found }: { summary: Summary; found: Compare }) {
  const { prompts } = summary;
  return (
    <>
      <p className="finding">
        <Name>{found.new}</Name> is better than <Name>{found.old}</Name> on{' '}
        {percent(summary.better / Math.max(1, prompts), 0)} of {grouped(prompts)} prompts, worse on{' '}
        {percent(summary.worse / Math.max(1, prompts), 0)}.
      </p>
      <span
        className="stack-bar tall"
        role="img"
        aria-label={VERDICTS.map((name) => `${summary[name]} ${name}`).join(', ')}
      >
        {VERDICTS.map((name) => (
          <i key={name} className={`v-${name}`} style={{ width: `${(100 * summary[name]) / Math.max(1, prompts)}%` }} />
        ))}
      </span>
      <p className="note legend">
        {VERDICTS.map((name) => (
          <span key={name}>
            <i className={`key v-${name}`} aria-hidden="true" /> {name} {grouped(summary[name])}
          </span>
        ))}
      </p>
      <p className="note">
        Where the two met on a prompt their games decide, else their mean scores against the opponents that both met on
        it.
      </p>
    </>
  );
}

function ComparedCard({ row, found }: { row: Row; found: Compare }) {
  return (
    <Card
      title={<TextLine>{row.asked === '' ? row.prompt : row.asked}</TextLine>}
      className="compared"
      side={
        <span className="side">
          {row.category !== null && (
            <span className="note">
              <Name>{row.category}</Name>
            </span>
          )}
          <Badge tone={TONES[row.verdict]}>{row.verdict}</Badge>
          {row.battle !== null && (
            <Link to={runPath(row.battle.run, `/battle?id=${encodeURIComponent(row.battle.id)}`)}>battle</Link>
          )}
        </span>
      }
    >
      <div className="columns inner-columns">
        {(['old', 'new'] as const).map((side) => (
          <div key={side}>
            <h3>
              <Name>{found[side]}</Name>{' '}
              <span className="note inline">
                {grouped(row[side].text.words)} words
                {row[side].points !== null &&
                  ` · ${percent(row[side].points, 0)} of the points ${row.by === 'direct' ? 'in their games' : 'against common opponents'}`}
              </span>
            </h3>
            <LongText
              text={row[side].text}
              label={`Answer of ${found[side]}`}
              whole={apiPath('/answer', { player: found.players[side], prompt: row.prompt })}
            />
          </div>
        ))}
      </div>
    </Card>
  );
}
