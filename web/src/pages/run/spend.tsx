import { useState } from 'react';
import type { RunDetail, Spending } from '../../../../src/dashboard/schemas/runs';
import { compact, grouped, usd } from '../../format';
import { Await, Card, Empty, Name, Scroll } from '../../parts/basic';

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
      <Scroll label="Cost by player and judge">
        <table className="dense">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col" className="number">
                Calls
              </th>
              <th scope="col" className="number">
                Tokens
              </th>
              <th scope="col" className="number">
                USD
              </th>
            </tr>
          </thead>
          <tbody>
            {parties.slice(0, all ? parties.length : FEW).map((one) => (
              <tr key={`${one.role} ${one.name}`}>
                <td>
                  <Name>{one.name}</Name>
                  {one.role === 'judge' && <span className="note inline">judge</span>}
                </td>
                <td className="number">
                  {grouped(one.calls)}
                  {one.failedCalls > 0 && <span className="note">{grouped(one.failedCalls)} failed</span>}
                </td>
                <td className="number">{compact(one.tokens)}</td>
                <td className="number">{usd(one.usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {parties.length > FEW && (
        <button type="button" className="small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only the dearest' : `All ${parties.length}`}
        </button>
      )}
    </>
  );
}
