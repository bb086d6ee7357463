import { useCallback } from 'react';
import { Link, useParams } from 'react-router';
import type { DataRows, DatasetDetail, Datasets, Histogram } from '../../../src/dashboard/schemas/data';
import { runPath, useApi } from '../api';
import { Chart, type Palette, type Plot } from '../charts/plot';
import { clock, grouped, percent } from '../format';
import { Answered, Await, Card, Empty, Name, Stat } from '../parts/basic';
import { Table } from '../parts/table';
import { TextLine } from '../parts/texts';
import { useUrlState } from '../parts/url';
import { firstShown } from './data/first-shown';

const PAGE = 20;

/** The datasets of a run; one of them with its card, its distributions and its rows. */
export function DataPage() {
  const { run = '' } = useParams();
  const url = useUrlState();
  const query = useApi<Datasets>(runPath(run, '/datasets'));
  return (
    <>
      <div className="page-head">
        <h1>Training data</h1>
      </div>
      <Answered query={query} height={500}>
        {({ datasets, pools }) => {
          const chosen = datasets.find(({ id }) => id === url.get('dataset')) ?? firstShown(datasets);
          return (
            <>
              {chosen ? (
                <Card title="Datasets" className="flush">
                  <DatasetTable datasets={datasets} chosen={chosen.id} />
                </Card>
              ) : (
                <Card>
                  <Empty title="This run has no dataset">
                    They appear with the first stage: battles that the target lost become rows.
                  </Empty>
                </Card>
              )}
              <Sources pools={pools} />
              {chosen && <Dataset key={chosen.id} run={run} id={chosen.id} />}
            </>
          );
        }}
      </Answered>
    </>
  );
}

/** What cleaning, near-duplicates and decontamination left of the pools that the prompts come from. */
function Sources({ pools }: Pick<Datasets, 'pools'>) {
  if (pools.state === 'ready' && pools.value.length === 0) return null;
  return (
    <Card title="Where the prompts come from">
      <Await of={pools} height={40}>
        {(all) => (
          <ul className="plain">
            {all.map(({ pool, prompts, kept, dropped }) => (
              <li key={pool}>
                <Link to={`/prompts?pool=${encodeURIComponent(pool)}`}>
                  <Name>{pool}</Name>
                </Link>
                : {grouped(kept)} of {grouped(prompts)} prompts kept.{' '}
                {dropped.length === 0
                  ? 'None was dropped.'
                  : `Dropped: ${dropped.map(({ reason, prompts: n }) => `${reason} ${grouped(n)}`).join(' · ')}.`}
              </li>
            ))}
          </ul>
        )}
      </Await>
    </Card>
  );
}

function DatasetTable({ datasets, chosen }: { datasets: Datasets['datasets']; chosen: string }) {
  return (
    <Table
      label="Datasets"
      rows={datasets}
      keyOf={({ id }) => id}
      isOwn={({ id }) => id === chosen}
      columns={[
        {
          name: 'Dataset',
          heads: true,
          cell: ({ id }) => (
            <Link
              to={`?dataset=${encodeURIComponent(id)}`}
              aria-current={id === chosen ? 'true' : undefined}
              preventScrollReset
            >
              {id.split('/').slice(-2).join(' / ')}
            </Link>
          ),
        },
        {
          name: 'Kind',
          cell: ({ kind, superseded }) => (
            <>
              {kind}
              {superseded && <span className="note inline">abandoned by a rollback</span>}
            </>
          ),
        },
        { name: 'Rows', number: true, cell: ({ rows }) => grouped(rows) },
        { name: 'New', number: true, cell: ({ newRows }) => (newRows === null ? '–' : grouped(newRows)) },
        { name: 'Least gap', number: true, cell: ({ threshold }) => threshold ?? '–' },
        { name: 'Made', number: true, className: 'quiet', cell: ({ createdAt }) => clock(createdAt) },
      ]}
    />
  );
}

function Dataset({ run, id }: { run: string; id: string }) {
  const query = useApi<DatasetDetail>('/dataset', { id });
  return (
    <Answered query={query} height={500}>
      {(detail) => (
        <>
          <div className="columns">
            <CardOf detail={detail} />
            <Card title="Distributions">
              <Await of={detail.profile} height={420}>
                {(profile) => (
                  <div className="small-charts two">
                    {profile.gaps && <Bars title="Gap between the answers, judge points" of={profile.gaps} />}
                    {profile.lengths.prompt && <Bars title="Words of the prompt" of={profile.lengths.prompt} />}
                    {profile.lengths.chosen && <Bars title="Words of the chosen answer" of={profile.lengths.chosen} />}
                    {profile.lengths.rejected && (
                      <Bars title="Words of the rejected answer" of={profile.lengths.rejected} />
                    )}
                    {profile.longerChosen !== null && (
                      <p className="note span">
                        The chosen answer is the longer one in {percent(profile.longerChosen)} of the pairs.
                      </p>
                    )}
                    {profile.categories.some(({ category }) => category !== null) && (
                      <Shares
                        title="Categories"
                        rows={profile.categories.map(({ category, rows }) => ({ name: category ?? 'none', rows }))}
                      />
                    )}
                    {profile.clusters.length > 0 && (
                      <Shares
                        title="Clusters, the largest"
                        rows={profile.clusters
                          .slice(0, 12)
                          .map(({ cluster, rows }) => ({ name: `cluster ${cluster}`, rows }))}
                      />
                    )}
                  </div>
                )}
              </Await>
            </Card>
          </div>
          <Rows run={run} id={id} />
        </>
      )}
    </Answered>
  );
}

/** `belowThreshold` as people say it. */
const words = (name: string) => name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

function CardOf({ detail: { dataset, counts, card, settings } }: { detail: DatasetDetail }) {
  const effect = card?.lengthEffect;
  return (
    <Card title="Card" side={<code className="note">{dataset.sha256.slice(0, 12)}</code>}>
      <dl className="stats">
        <Stat
          name="Rows"
          value={grouped(dataset.rows)}
          note={dataset.newRows === null ? undefined : `${grouped(dataset.newRows)} new`}
        />
        <Stat name="Prompt" value={card?.meanTokens.prompt?.toFixed(0) ?? '–'} note="words, mean" />
        <Stat name="Chosen" value={card?.meanTokens.chosen?.toFixed(0) ?? '–'} note="words, mean" />
        <Stat name="Rejected" value={card?.meanTokens.rejected?.toFixed(0) ?? '–'} note="words, mean" />
      </dl>
      {effect && (
        <p className="note">
          An answer of double length gains {(effect.beta * Math.LN2).toFixed(2)} judge points in its battle (95%
          interval {(effect.lower * Math.LN2).toFixed(2)} to {(effect.upper * Math.LN2).toFixed(2)};{' '}
          {grouped(effect.battles)} battles).
        </p>
      )}
      <h3>What became of the groups of battles</h3>
      <table className="dense">
        <tbody>
          {Object.entries(counts).map(([name, n]) => (
            <tr key={name}>
              <th scope="row">{words(name)}</th>
              <td className="number">{grouped(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {card && card.chosen.length > 0 && (
        <Shares title="Whose answer is chosen" rows={card.chosen.map(({ player, rows }) => ({ name: player, rows }))} />
      )}
      <details>
        <summary>Settings and file</summary>
        <pre className="model-text" tabIndex={0}>
          {JSON.stringify(settings, null, 2)}
        </pre>
        <p className="note">
          <code>{dataset.path}</code>
          <br />
          sha256 <code>{dataset.sha256}</code>
        </p>
      </details>
    </Card>
  );
}

function Shares({ title, rows }: { title: string; rows: { name: string; rows: number }[] }) {
  const most = Math.max(1, ...rows.map((one) => one.rows));
  return (
    <div>
      <h3>{title}</h3>
      <ul className="shares three" aria-label={title}>
        {rows.map(({ name, rows: n }) => (
          <li key={name}>
            <Name>{name}</Name>
            <span className="share-bar" aria-hidden="true">
              <i style={{ width: `${(100 * n) / most}%` }} />
            </span>
            <span className="number">{grouped(n)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Bars({ title, of: { edges, counts } }: { title: string; of: Histogram }) {
  const draw = useCallback(
    (plot: Plot, { colours }: { colours: Palette }) => ({
      marginLeft: 40,
      marginRight: 8,
      marginTop: 8,
      marginBottom: 24,
      x: { label: null, ticks: 5 },
      y: { label: null, grid: true, ticks: 3, tickSize: 0, tickFormat: 's' },
      marks: [
        plot.rectY(
          counts.map((n, index) => ({ n, from: edges[index] ?? 0, to: edges[index + 1] ?? edges[index] ?? 0 })),
          { x1: 'from', x2: 'to', y: 'n', fill: colours.accent, inset: 0.5 },
        ),
        plot.ruleY([0], { stroke: colours.line }),
      ],
    }),
    [edges, counts],
  );
  const total = counts.reduce((sum, n) => sum + n, 0);
  return (
    <div>
      <h3>{title}</h3>
      <Chart
        height={130}
        label={`${title}: from ${edges[0]?.toFixed(1)} to ${edges.at(-1)?.toFixed(1)}, ${grouped(total)} rows`}
        draw={draw}
      />
    </div>
  );
}

function Rows({ run, id }: { run: string; id: string }) {
  const url = useUrlState();
  const from = Math.max(1, Number(url.get('from')) || 1);
  const query = useApi<DataRows>('/dataset/rows', { id, from, limit: PAGE });
  const base = runPath(run, `/row?dataset=${encodeURIComponent(id)}`);
  const go = (row: number) => url.set({ from: row <= 1 ? null : String(row) }, { push: true });
  return (
    <Answered query={query} height={400}>
      {({ rows, total }) => (
        <Card
          title="Rows"
          className="flush"
          side={
            <span className="note">
              {grouped(from)} – {grouped(Math.min(total, from + rows.length - 1))} of {grouped(total)}
            </span>
          }
        >
          <Table
            label="Rows"
            className="rows"
            rows={rows}
            keyOf={({ row }) => row}
            columns={[
              {
                name: 'Row',
                heads: true,
                number: true,
                cell: ({ row }) => <Link to={`${base}&row=${row}`}>{row}</Link>,
              },
              { name: 'Prompt', className: 'wide', cell: ({ asked }) => <TextLine>{asked}</TextLine> },
              { name: 'Chosen', className: 'wide', cell: ({ chosen }) => <Side side={chosen} /> },
              { name: 'Rejected', className: 'wide', cell: ({ rejected }) => <Side side={rejected} /> },
              { name: 'Gap', number: true, cell: ({ gap }) => (gap === null ? '–' : gap.toFixed(2)) },
              { name: 'Round', number: true, cell: ({ round }) => round },
            ]}
          />
          <nav className="pager" aria-label="Pages of rows">
            <button type="button" disabled={from <= 1} onClick={() => go(1)}>
              First
            </button>
            <button type="button" disabled={from <= 1} onClick={() => go(from - PAGE)}>
              Previous
            </button>
            <button type="button" disabled={from + PAGE > total} onClick={() => go(from + PAGE)}>
              Next
            </button>
            <button
              type="button"
              disabled={from + PAGE > total}
              onClick={() => go(Math.floor((total - 1) / PAGE) * PAGE + 1)}
            >
              Last
            </button>
          </nav>
        </Card>
      )}
    </Answered>
  );
}

function Side({ side }: { side: DataRows['rows'][number]['chosen'] }) {
  if (side === null) return <span className="quiet">–</span>;
  return (
    <>
      {side.player !== null && (
        <span className="note">
          <Name>{side.player}</Name> · {grouped(side.text.words)} words
        </span>
      )}
      <TextLine>{side.text.text}</TextLine>
    </>
  );
}
