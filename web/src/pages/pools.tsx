import { useEffect } from 'react';
import type { Dropped, Pools } from '../../../src/dashboard/schemas/data';
import { useApi } from '../api';
import { grouped, percent } from '../format';
import { Answered, Await, Badge, Card, Choice, Empty, Name, Scroll } from '../parts/basic';
import { Pager } from '../parts/pager';
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

function PoolTable({ pools }: { pools: Pool[] }) {
  return (
    <Scroll label="Pools">
      <table>
        <thead>
          <tr>
            <th scope="col">Pool</th>
            <th scope="col" className="number">
              Files
            </th>
            <th scope="col" className="number">
              Prompts
            </th>
            <th scope="col" className="number">
              Kept
            </th>
            <th scope="col" className="number">
              Masked
            </th>
            <th scope="col">Dropped</th>
          </tr>
        </thead>
        <tbody>
          {pools.map(({ pool, files, prompts, kept, masked, dropped }) => (
            <tr key={pool}>
              <th scope="row">
                <Name>{pool}</Name>
              </th>
              <td className="number">{grouped(files)}</td>
              <td className="number">{grouped(prompts)}</td>
              <td className="number">
                {grouped(kept)} <span className="note">{percent(kept / Math.max(1, prompts))}</span>
              </td>
              <td className="number">{grouped(masked)}</td>
              <td>
                {dropped.length === 0
                  ? 'none'
                  : dropped.map(({ reason, prompts: n }) => `${reason} ${grouped(n)}`).join(' · ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

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
              <Scroll label="Dropped prompts">
                <table className="rows">
                  <thead>
                    <tr>
                      <th scope="col">Prompt</th>
                      <th scope="col">Reason</th>
                      <th scope="col" className="number">
                        Similarity
                      </th>
                      <th scope="col">Kept instead</th>
                      <th scope="col">From</th>
                    </tr>
                  </thead>
                  <tbody>
                    {dropped.map((one) => (
                      <tr key={one.prompt}>
                        <th scope="row" data-name="Prompt" className="wide">
                          <TextLine>{one.text}</TextLine>
                        </th>
                        <td data-name="Reason">
                          <Badge tone="warn">{one.reason}</Badge>
                        </td>
                        <td data-name="Similarity" className="number">
                          {one.similarity === null ? '–' : one.similarity.toFixed(2)}
                        </td>
                        <td data-name="Kept instead" className="wide">
                          {one.kept === null ? '–' : <TextLine>{one.kept}</TextLine>}
                        </td>
                        <td data-name="From" className="quiet">
                          <Name>{`${one.file.split('/').at(-1) ?? ''}:${one.line}`}</Name>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            )}
            <Pager next={next} />
          </Card>
        )}
      </Answered>
    </>
  );
}
