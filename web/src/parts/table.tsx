import type { Key, ReactNode } from 'react';
import { Scroll } from './basic';

export interface Column<Row> {
  /** Its heading; a phone shows it beside each cell where rows become cards. */
  name: string;
  cell: (row: Row) => ReactNode;
  /** Names its row. */
  heads?: boolean;
  /** Figures, one under the other. */
  number?: boolean;
  /** Classes of its cells besides. */
  className?: string;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  keyOf: (row: Row) => Key;
  columns: readonly Column<Row>[];
  /** The row that the page is about. */
  isOwn?: (row: Row) => boolean;
  className?: string;
  /** What explains it, below. */
  children?: ReactNode;
}

/** A table of rows under their headings, which scrolls by itself where it is wide. */
export function Table<Row>({ label, rows, keyOf, columns, isOwn, className, children }: Props<Row>) {
  return (
    <Scroll label={label}>
      <table className={className}>
        <thead>
          <tr>
            {columns.map(({ name, number }) => (
              <th key={name} scope="col" className={number ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={isOwn?.(row) ? 'own' : undefined}>
              {columns.map(({ name, cell, heads, number, className: more }) => {
                const classes = [number && 'number', more].filter(Boolean).join(' ') || undefined;
                // One element, so that on a phone the value stays together beside its column's name.
                const value = <div className="value">{cell(row)}</div>;
                return heads ? (
                  <th key={name} scope="row" data-name={name} className={classes}>
                    {value}
                  </th>
                ) : (
                  <td key={name} data-name={name} className={classes}>
                    {value}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {children}
    </Scroll>
  );
}
