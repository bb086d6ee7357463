import { useLocation } from 'react-router';
import { useUrlState } from './url';

/**
 * Through pages that begin after a cursor: this page's stands in the address, those of the pages before it beside its entry in
 * the browser's history, because they are known on the way forward only.
 */
export function Pager({ next }: { next: string | null }) {
  const url = useUrlState();
  const after = url.get('after');
  const trail = (useLocation().state as { trail?: string[] } | null)?.trail ?? [];
  const go = (to: string | null, before: string[]) => url.set({ after: to }, { push: true, state: { trail: before } });
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" disabled={after === ''} onClick={() => go(null, [])}>
        First
      </button>
      <button type="button" disabled={trail.length === 0} onClick={() => go(trail.at(-1) ?? null, trail.slice(0, -1))}>
        Previous
      </button>
      <button
        type="button"
        disabled={next === null}
        onClick={() => {
          go(next, [...trail, after]);
          window.scrollTo(0, 0);
        }}
      >
        Next
      </button>
    </nav>
  );
}
