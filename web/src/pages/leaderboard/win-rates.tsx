import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Pair, RatedModel } from '../../../../src/dashboard/schemas/leaderboard';
import { runPath } from '../../api';
import { grouped, percent, shortened } from '../../format';
import { plainName } from '../../hostile';
import { Empty, Name, Scroll } from '../../parts/basic';

/** Players in the map at most: more would leave no room to read a cell. */
const MOST_IN_MAP = 30;

/** The share of games that each row won against each column, as a table that is coloured: it is read like any table. */
export function WinRates({ pairs, models, run }: { pairs: Pair[]; models: RatedModel[]; run: string }) {
  const names = models.slice(0, MOST_IN_MAP).map(({ model }) => model);
  const rates = useMemo(() => {
    const found = new Map<string, { rate: number; battles: number }>();
    for (const { a, b, winRate, battles } of pairs) {
      if (winRate === null) continue;
      found.set(JSON.stringify([a, b]), { rate: winRate, battles });
      found.set(JSON.stringify([b, a]), { rate: 1 - winRate, battles });
    }
    return found;
  }, [pairs]);
  if (rates.size === 0) return <Empty title="No pair has a readable game" />;
  const base = runPath(run, '/battles');
  return (
    <Scroll label="Win rates of rows against columns">
      <table className="heat">
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col" title={plainName(name)}>
                <span>
                  <Name>{shortened(name, 14)}</Name>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((row) => (
            <tr key={row}>
              <th scope="row" title={plainName(row)}>
                <Name>{shortened(row, 16)}</Name>
              </th>
              {names.map((column) => {
                const cell = rates.get(JSON.stringify([row, column]));
                if (!cell)
                  return (
                    <td key={column} className="none">
                      {row === column ? '' : '–'}
                    </td>
                  );
                return (
                  <td key={column} className={heat(cell.rate)}>
                    <Link
                      to={`${base}?purpose=evaluation&player=${encodeURIComponent(row)}&opponent=${encodeURIComponent(column)}`}
                      title={plainName(
                        `${row} won ${percent(cell.rate)} of its games against ${column} (${grouped(cell.battles)} battles)`,
                      )}
                    >
                      {Math.round(100 * cell.rate)}
                    </Link>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A class of nine steps from one half down and up. */
function heat(rate: number): string {
  const step = Math.min(4, Math.floor(Math.abs(rate - 0.5) / 0.1 + 0.5));
  return step === 0 ? 'h0' : `${rate > 0.5 ? 'up' : 'down'}${step}`;
}
