import { lazy, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, NavigationType, NavLink, Outlet, Route, Routes, useLocation, useNavigationType } from 'react-router';
import { signOut, useSession } from './api';
import { Empty, Loading, Problem } from './parts/basic';
import { toggleTheme, useDark } from './parts/theme';
import { RunShell } from './run-shell';
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
  const session = useSession();
  if (!session.data)
    return <Shell>{session.error ? <Problem error={session.error} /> : <Loading height={300} />}</Shell>;
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
  const main = useArrival();
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
          {guarded && <SignOut />}
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
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

/** Another page begins at its top, and there the keyboard and a screen reader go on; back and forward keep their place. */
function useArrival() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const how = useNavigationType();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    if (how !== NavigationType.Pop) window.scrollTo(0, 0);
  }, [pathname, how]);
  return main;
}

function SignOut() {
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      {error !== null && <Problem error={error} />}
      <button type="button" className="quiet-button" onClick={() => void signOut().catch(setError)}>
        Sign out
      </button>
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
