import { useState, type FormEvent } from 'react';
import { signIn } from '../api';
import { Card, Problem } from '../parts/basic';

export function SignIn() {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    setBusy(true);
    setError(null);
    signIn(typeof token === 'string' ? token.trim() : '')
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <div className="page narrow">
      <h1>Sign in</h1>
      <Card>
        <form className="stack" onSubmit={submit}>
          <label className="field">
            <span>Token</span>
            <input name="token" type="password" autoComplete="current-password" required />
          </label>
          <p className="quiet">The value of FLYWHEEL_DASHBOARD_TOKEN where the dashboard was started.</p>
          {error !== null && <Problem error={error} />}
          <button type="submit" className="primary" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
      </Card>
    </div>
  );
}
