import { useState } from 'react';
import type { RunDetail, Spending } from '../../../../src/dashboard/schemas/runs';
import { compact, grouped, usd } from '../../format';
import { Await, Card, Empty, Name } from '../../parts/basic';
import { Table } from '../../parts/table';

/** What was paid, for what and to whom. */
export function SpendCard({ spend }: { spend: RunDetail['spend'] }) {
  return (
    <Card title="Cost">
      <Await of={spend} height={200}>
        {(value) => (value.purposes.length === 0 ? <Empty title="Nothing was spent yet" /> : <Spend spend={value} />)}
      </Await>
    </Card>
  );
}

/** Who is shown at once. */
const FEW = 7;

function Spend({ spend: { purposes, parties } }: { spend: Spending }) {
  const [all, setAll] = useState(false);
  const total = purposes.reduce((sum, one) => sum + one.usd, 0);
  const calls = purposes.reduce((sum, one) => sum + one.calls, 0);
  // Where nothing has a price, calls tell what the work went into.
  const weight = (one: { usd: number; calls: number }) =>
    total > 0 ? one.usd / total : one.calls / Math.max(1, calls);
  return (
    <>
      <ul className="shares" aria-label="Cost by purpose">
        {purposes.map((one) => (
          <li key={one.purpose}>
            <span>{one.purpose}</span>
            <span className="share-bar" aria-hidden="true">
              <i style={{ width: `${(100 * weight(one)).toFixed(1)}%` }} />
            </span>
            <span className="number">{usd(one.usd)}</span>
            <span className="note">{compact(one.calls)} calls</span>
          </li>
        ))}
      </ul>
      <Table
        label="Cost by player and judge"
        className="dense"
        rows={parties.slice(0, all ? parties.length : FEW)}
        keyOf={({ role, name }) => `${role} ${name}`}
        columns={[
          {
            name: 'Who',
            cell: ({ name, role }) => (
              <>
                <Name>{name}</Name>
                {role === 'judge' && <span className="note inline">judge</span>}
              </>
            ),
          },
          {
            name: 'Calls',
            number: true,
            cell: ({ calls: n, failedCalls }) => (
              <>
                {grouped(n)}
                {failedCalls > 0 && <span className="note">{grouped(failedCalls)} failed</span>}
              </>
            ),
          },
          { name: 'Tokens', number: true, cell: ({ tokens }) => compact(tokens) },
          { name: 'USD', number: true, cell: (one) => usd(one.usd) },
        ]}
      />
      {parties.length > FEW && (
        <button type="button" className="small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only the dearest' : `All ${parties.length}`}
        </button>
      )}
    </>
  );
}
