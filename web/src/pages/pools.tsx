import { useEffect } from 'react';
import type { Dropped, Pools } from '../../../src/dashboard/schemas/data';
import { useApi } from '../api';
import { grouped, percent } from '../format';
import { Answered, Await, Badge, Card, Choice, Empty, Name } from '../parts/basic';
import { Pager } from '../parts/pager';
import { Table } from '../parts/table';
import { TextLine } from '../parts/texts';
import { useUrlState } from '../parts/url';

type Pool = Extract<Pools['pools'], { state: 'ready' }>['value'][number];

/** Pools of prompts: what cleaning, near-duplicates and decontamination dropped, and why. */
export function PoolsPage() {
  const query = useApi<Pools>('/pools');
  const url = useUrlState();
  useEffect(() => {
    document.title = 'Prompts · Arena Flywheel';
  }, []);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Prompts</h1>
      </div>
      <Answered query={query} height={300}>
        {({ pools }) => (
          <Await of={pools} height={300}>
            {(all) => {
              if (all.length === 0)
                return (
                  <Card>
                    <Empty title="There is no pool of prompts yet">
                      Import one: <code>npx flywheel prompts import FILE --pool NAME</code>
                    </Empty>
                  </Card>
                );
              const chosen = all.find(({ pool }) => pool === url.get('pool')) ?? all[0];
              return (
                <>
                  <Card className="flush">
                    <PoolTable pools={all} />
                  </Card>
                  {chosen && <DroppedCard key={chosen.pool} pool={chosen} all={all} />}
                </>
              );
            }}
          </Await>
        )}
      </Answered>
    </div>
  );
}

const PoolTable = ({ pools }: { pools: Pool[] }) => (
  <Table
    label="Pools"
    className="rows"
    rows={pools}
    keyOf={({ pool }) => pool}
    columns={[
      { name: 'Pool', heads: true, cell: ({ pool }) => <Name>{pool}</Name> },
      { name: 'Files', number: true, cell: ({ files }) => grouped(files) },
      { name: 'Prompts', number: true, cell: ({ prompts }) => grouped(prompts) },
      {
        name: 'Kept',
        number: true,
        cell: ({ kept, prompts }) => (
          <>
            {grouped(kept)} <span className="note">{percent(kept / Math.max(1, prompts))}</span>
          </>
        ),
      },
      { name: 'Masked', number: true, cell: ({ masked }) => grouped(masked) },
      {
        name: 'Dropped',
        cell: ({ dropped }) =>
          dropped.length === 0
            ? 'none'
            : dropped.map(({ reason, prompts }) => `${reason} ${grouped(prompts)}`).join(' · '),
      },
    ]}
  />
);

function DroppedCard({ pool, all }: { pool: Pool; all: Pool[] }) {
  const url = useUrlState();
  const query = useApi<Dropped>(`/pools/${encodeURIComponent(pool.pool)}/dropped`, {
    reason: url.get('reason'),
    after: url.get('after'),
  });
  return (
    <>
      <div className="toolbar" role="group" aria-label="Which prompts">
        <Choice
          label="Pool"
          value={pool.pool}
          options={all.map((one) => one.pool)}
          onChange={(value) => url.set({ pool: value, reason: null, after: null })}
        />
        <Choice
          label="Dropped for"
          value={url.get('reason')}
          any="any reason"
          options={pool.dropped.map(({ reason, prompts }) => ({
            value: reason,
            label: `${reason} (${grouped(prompts)})`,
          }))}
          onChange={(value) => url.set({ reason: value, after: null })}
        />
      </div>
      <Answered query={query} height={300}>
        {({ dropped, next }) => (
          <Card title="Dropped prompts" className="flush">
            {dropped.length === 0 ? (
              <Empty title="Nothing was dropped">
                Cleaning, near-duplicates and decontamination say here what they dropped:{' '}
                <code>npx flywheel prompts --help</code>
              </Empty>
            ) : (
              <Table
                label="Dropped prompts"
                className="rows"
                rows={dropped}
                keyOf={({ prompt }) => prompt}
                columns={[
                  { name: 'Prompt', heads: true, className: 'wide', cell: ({ text }) => <TextLine>{text}</TextLine> },
                  { name: 'Reason', cell: ({ reason }) => <Badge tone="warn">{reason}</Badge> },
                  {
                    name: 'Similarity',
                    number: true,
                    cell: ({ similarity }) => (similarity === null ? '–' : similarity.toFixed(2)),
                  },
                  {
                    name: 'Kept instead',
                    className: 'wide',
                    cell: ({ kept }) => (kept === null ? '–' : <TextLine>{kept}</TextLine>),
                  },
                  {
                    name: 'From',
                    className: 'quiet',
                    cell: ({ file, line }) => <Name>{`${file.split('/').at(-1) ?? ''}:${line}`}</Name>,
                  },
                ]}
              />
            )}
            <Pager next={next} />
          </Card>
        )}
      </Answered>
    </>
  );
}
