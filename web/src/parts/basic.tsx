import type { ReactNode } from 'react';
import type { Soon } from '../../../src/dashboard/schemas/common';
import { plainName } from '../hostile';
import { Sentence } from './pieces';

/** A name of a player, run or category: free text, shown in its own direction. */
export const Name = ({ children }: { children: string }) => <bdi className="name">{plainName(children)}</bdi>;

export type Tone = 'good' | 'warn' | 'bad' | 'live' | 'quiet';

/** A state in a word; its tone is never the only sign. */
export const Badge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`badge ${tone}`}>{children}</span>
);

export function Card({
  title,
  side,
  children,
  className = '',
}: {
  title?: ReactNode;
  side?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`card ${className}`}>
      {title !== undefined && (
        <header className="card-head">
          <h2>{title}</h2>
          {side}
        </header>
      )}
      {children}
    </section>
  );
}

/** A figure with its name, and what makes sense of it. */
export const Stat = ({ name, value, note }: { name: string; value: ReactNode; note?: ReactNode }) => (
  <div className="stat">
    <dt>{name}</dt>
    <dd>
      {value}
      {note !== undefined && <span className="note">{note}</span>}
    </dd>
  </div>
);

export function Bar({ share, label }: { share: number; label: string }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}

/** Nothing is there, why, and what would change that. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="empty">
    <p className="empty-title">{title}</p>
    {children !== undefined && <p>{children}</p>}
  </div>
);

export const Problem = ({ error, before }: { error: unknown; before?: string }) => (
  <div className="problem" role="alert">
    {before !== undefined && `${before} `}
    <Sentence>{error instanceof Error ? error.message : 'Something went wrong.'}</Sentence>
  </div>
);

/** The room that something will take, while it loads. */
export const Loading = ({ height = 160, what = 'Loading' }: { height?: number; what?: string }) => (
  <div className="loading" style={{ minHeight: height }} role="status" aria-label={what}>
    <span>{what}…</span>
  </div>
);

/** What may still be computed. */
export function Await<T>({
  of,
  height,
  children,
}: {
  of: Soon<T>;
  height?: number;
  children: (value: T) => ReactNode;
}) {
  if (of.state === 'pending') return <Loading height={height} what="Being computed" />;
  if (of.state === 'failed') return <Problem error={new Error(of.sentence)} />;
  return <>{children(of.value)}</>;
}

/** The answer of a query, or what stands for it. One that could not be read again is shown as what it is: old. */
export function Answered<T>({
  query,
  height,
  children,
}: {
  query: { data: T | undefined; error: unknown };
  height?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined)
    return (
      <>
        {Boolean(query.error) && <Problem error={query.error} before="What is shown may be old." />}
        {children(query.data)}
      </>
    );
  if (query.error) return <Problem error={query.error} />;
  return <Loading height={height} />;
}

/** A wide table scrolls by itself, also by keyboard. */
export const Scroll = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

/** Which of a few. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
  any,
}: {
  label: string;
  value: T | '';
  options: readonly (T | { value: T; label: string })[];
  onChange: (value: T | '') => void;
  /** What stands for no choice; absent: one must be chosen. */
  any?: string;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as T | '')}>
        {any !== undefined && <option value="">{any}</option>}
        {options.map((option) => {
          const { value: key, label: text } = typeof option === 'string' ? { value: option, label: option } : option;
          return (
            <option key={key} value={key}>
              {plainName(text)}
            </option>
          );
        })}
      </select>
    </label>
  );
}
