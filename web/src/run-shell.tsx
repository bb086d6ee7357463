import { Suspense, useEffect, useRef } from 'react';
import { Link, Outlet, useLocation, useParams, useSearchParams } from 'react-router';
import { runPath } from './api';
import { plainName } from './hostile';
import { useLive } from './live';
import { Loading } from './parts/basic';
import { LiveDot } from './parts/status';

const TABS: [string, string][] = [
  ['', 'Overview'],
  ['leaderboard', 'Leaderboard'],
  ['battles', 'Battles'],
  ['data', 'Data'],
  ['judges', 'Judges'],
  ['compare', 'Compare'],
];

/** Pages without a tab of their own, by the tab that leads to them. */
const UNDER: Readonly<Record<string, string>> = { battle: 'battles', row: 'data' };

/** What all pages of a run share: its name, the way to the others, and that they follow it; how it is followed is the outlet's context. */
export function RunShell() {
  const { run = '' } = useParams();
  const base = runPath(run);
  const { pathname } = useLocation();
  const page = pathname.split('/').at(3) ?? '';
  const here = UNDER[page] ?? page;
  const live = useLive(run);
  const title = useTitle(page);
  useEffect(() => {
    document.title = `${title} · ${plainName(run)} · Arena Flywheel`;
  }, [run, title]);
  const tabs = useRef<HTMLUListElement>(null);
  // On a phone they are wider than the window.
  useEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [here]);
  return (
    <>
      <nav className="tabs" aria-label="Pages of the run">
        <div className="inner">
          <span className="crumb">
            <Link to="/">Runs</Link>
            <span aria-hidden="true"> / </span>
            <bdi>{plainName(run)}</bdi>
          </span>
          <ul ref={tabs}>
            {TABS.map(([path, name]) => (
              <li key={path}>
                <Link to={path === '' ? base : `${base}/${path}`} aria-current={here === path ? 'page' : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
          {live === 'lost' && <LiveDot live={live} />}
        </div>
      </nav>
      <div className="page">
        <Suspense fallback={<Loading height={400} />}>
          <Outlet context={live} />
        </Suspense>
      </div>
    </>
  );
}

/** A page's name: of one battle or row, which one it is, so that many tabs are told apart. */
function useTitle(page: string): string {
  const [params] = useSearchParams();
  const short = (id: string | null) => plainName((id ?? '').split('/').slice(-2).join(' '));
  if (page === 'battle') return `Battle ${short(params.get('id'))}`;
  if (page === 'row') return `Row ${params.get('row') ?? ''} of ${short(params.get('dataset'))}`;
  return TABS.find(([path]) => path === page)?.[1] ?? '';
}
