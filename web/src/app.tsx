import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { Link, NavLink, Outlet, Route, Routes, useLocation, useParams } from 'react-router';
import { getSession, runPath, send } from './api';
import { plainName } from './hostile';
import { Empty, Loading, Problem } from './parts/basic';
import { toggleTheme, useDark } from './parts/theme';
import { SignIn } from './pages/sign-in';
import { RunsPage } from './pages/runs';

const RunPage = lazy(() => import('./pages/run').then((module) => ({ default: module.RunPage })));
const LeaderboardPage = lazy(() =>
  import('./pages/leaderboard').then((module) => ({ default: module.LeaderboardPage })),
);
const BattlesPage = lazy(() => import('./pages/battles').then((module) => ({ default: module.BattlesPage })));
const BattlePage = lazy(() => import('./pages/battle').then((module) => ({ default: module.BattlePage })));
const DataPage = lazy(() => import('./pages/data').then((module) => ({ default: module.DataPage })));
const RowPage = lazy(() => import('./pages/row').then((module) => ({ default: module.RowPage })));
const JudgesPage = lazy(() => import('./pages/judges').then((module) => ({ default: module.JudgesPage })));
const ComparePage = lazy(() => import('./pages/compare').then((module) => ({ default: module.ComparePage })));
const PoolsPage = lazy(() => import('./pages/pools').then((module) => ({ default: module.PoolsPage })));

/** The session first; then the page that the address names. */
export function App() {
  const session = useQuery({ queryKey: ['session'], queryFn: getSession, staleTime: 60_000 });
  if (session.error)
    return (
      <Shell>
        <Problem error={session.error} />
      </Shell>
    );
  if (!session.data)
    return (
      <Shell>
        <Loading height={300} />
      </Shell>
    );
  if (!session.data.signedIn)
    return (
      <Shell>
        <SignIn />
      </Shell>
    );
  return (
    <Routes>
      <Route
        element={
          <Shell guarded={session.data.guarded} version={session.data.version}>
            <Outlet />
          </Shell>
        }
      >
        <Route index element={<RunsPage />} />
        <Route path="prompts" element={<PoolsPage />} />
        <Route path="runs/:run" element={<RunShell />}>
          <Route index element={<RunPage />} />
          <Route path="leaderboard" element={<LeaderboardPage />} />
          <Route path="battles" element={<BattlesPage />} />
          <Route path="battle" element={<BattlePage />} />
          <Route path="data" element={<DataPage />} />
          <Route path="row" element={<RowPage />} />
          <Route path="judges" element={<JudgesPage />} />
          <Route path="compare" element={<ComparePage />} />
        </Route>
        <Route path="*" element={<NothingHere />} />
      </Route>
    </Routes>
  );
}

function Shell({ children, guarded = false, version }: { children: ReactNode; guarded?: boolean; version?: string }) {
  const dark = useDark();
  const queries = useQueryClient();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <div className="inner">
          <Link to="/" className="brand" aria-label="Arena Flywheel, all runs">
            <img src="/icon.svg" alt="" width="24" height="24" />
            <span>Arena Flywheel</span>
          </Link>
          <nav aria-label="Main">
            <NavLink to="/" end>
              Runs
            </NavLink>
            <NavLink to="/prompts">Prompts</NavLink>
          </nav>
          <div className="spread" />
          <button
            type="button"
            className="quiet-button"
            onClick={toggleTheme}
            aria-label={dark ? 'Light theme' : 'Dark theme'}
          >
            <span aria-hidden="true">{dark ? '☀' : '☾'}</span>
          </button>
          {guarded && (
            <button
              type="button"
              className="quiet-button"
              onClick={() => void send('DELETE', '/session').finally(() => queries.clear())}
            >
              Sign out
            </button>
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer className="foot">
        <div className="inner">
          Arena Flywheel{version === undefined ? '' : ` ${version}`} · <a href="/api/v1/openapi.json">API</a>
        </div>
      </footer>
    </>
  );
}

const TABS: [string, string][] = [
  ['', 'Overview'],
  ['leaderboard', 'Leaderboard'],
  ['battles', 'Battles'],
  ['data', 'Data'],
  ['judges', 'Judges'],
  ['compare', 'Compare'],
];

/** What all pages of a run share: its name and the way to the others. */
function RunShell() {
  const { run = '' } = useParams();
  const base = runPath(run);
  const { pathname } = useLocation();
  const last = pathname.split('/').at(3) ?? '';
  const here = last === 'battle' ? 'battles' : last === 'row' ? 'data' : last;
  const title = TABS.find(([path]) => path === here)?.[1] ?? '';
  useEffect(() => {
    document.title = `${plainName(run)} · ${title} · Arena Flywheel`;
  }, [run, title]);
  return (
    <>
      <nav className="tabs" aria-label="Pages of the run">
        <div className="inner">
          <span className="crumb">
            <Link to="/">Runs</Link>
            <span aria-hidden="true"> / </span>
            <bdi>{plainName(run)}</bdi>
          </span>
          <ul>
            {TABS.map(([path, name]) => (
              <li key={path}>
                <Link to={path === '' ? base : `${base}/${path}`} aria-current={here === path ? 'page' : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      </nav>
      <div className="page">
        <Suspense fallback={<Loading height={400} />}>
          <Outlet />
        </Suspense>
      </div>
    </>
  );
}

const NothingHere = () => (
  <div className="page">
    <Empty title="There is no such page">
      <Link to="/">All runs</Link>
    </Empty>
  </div>
);
