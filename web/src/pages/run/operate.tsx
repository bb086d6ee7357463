import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import type { RunDetail } from '../../../../src/dashboard/schemas/runs';
import { runPath, send } from '../../api';
import { Problem } from '../../parts/basic';
import { Sentence } from '../../parts/pieces';

type Action = RunDetail['actions'][number];

const TITLES: Readonly<Record<Action, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  rollback: 'Roll back',
  setBudget: 'Budget',
  decide: 'Decide',
};

/** What may be done to the run, as its own updates: the run's rule checks and answers, these forms only spell the messages. */
export function Operate({ detail }: { detail: RunDetail }) {
  const [open, setOpen] = useState<Action | null>(null);
  const [told, setTold] = useState<string | null>(null);
  if (detail.actions.length === 0) return null;
  return (
    <>
      <div className="actions" role="group" aria-label="Operate the run">
        {detail.actions.map((action) => (
          <button
            key={action}
            type="button"
            className={action === 'decide' || action === 'resume' ? 'primary' : ''}
            onClick={() => {
              setTold(null);
              setOpen(action);
            }}
          >
            {TITLES[action]}
          </button>
        ))}
      </div>
      <p className="told" role="status">
        {told !== null && <Sentence>{told}</Sentence>}
      </p>
      {open !== null && (
        <MessageDialog
          key={open}
          action={open}
          detail={detail}
          onDone={(sentence) => {
            setOpen(null);
            setTold(sentence);
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

interface DialogProps {
  action: Action;
  detail: RunDetail;
  onDone: (sentence: string) => void;
  onClose: () => void;
}

function MessageDialog({ action, detail, onDone, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { run } = detail.row;
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const form = new FormData(event.currentTarget);
    Promise.resolve()
      .then(() => messageOf(action, form))
      .then((message) => send<{ sentence: string }>('POST', runPath(run, `/messages/${action}`), message))
      .then(({ sentence }) => {
        onDone(sentence);
        void queries.invalidateQueries({ queryKey: [runPath(run)] });
      }, setError)
      .finally(() => setBusy(false));
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="operate-title">
      <form className="stack" onSubmit={submit}>
        <h2 id="operate-title">{TITLES[action]}</h2>
        <Fields action={action} detail={detail} />
        {error !== null && <Problem error={error} />}
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {busy ? 'Sending…' : action === 'decide' ? 'Send' : TITLES[action]}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Fields({ action, detail }: Pick<DialogProps, 'action' | 'detail'>): ReactNode {
  const { row, progress, plan, decisions } = detail;
  const reason = (
    <label className="field">
      <span>Reason (it stands in the run’s details)</span>
      <input name="reason" maxLength={300} />
    </label>
  );
  if (action === 'resume')
    return (
      <>
        <p>
          The run goes on where it stands
          {progress.lastAction === null ? (
            '.'
          ) : (
            <>
              : <Sentence>{progress.lastAction}</Sentence>
            </>
          )}
        </p>
        {reason}
      </>
    );
  if (action === 'setBudget')
    return (
      <>
        <label className="field">
          <span>The run may spend, in USD (empty: no cap)</span>
          <input name="usd" type="number" min="0" step="any" defaultValue={row.budgetUsd ?? ''} />
        </label>
        {reason}
      </>
    );
  if (action === 'decide')
    return (
      <>
        <p>
          <Sentence>{row.attention ?? ''}</Sentence>
        </p>
        <fieldset>
          <legend>Decision</legend>
          {decisions.map((one, index) => (
            <label key={one} className="radio">
              <input type="radio" name="action" value={one} defaultChecked={index === 0} />
              {one}
            </label>
          ))}
        </fieldset>
        {reason}
      </>
    );
  if (action === 'pause')
    return (
      <>
        <fieldset>
          <legend>How</legend>
          <label className="radio">
            <input type="radio" name="mode" value="drain" defaultChecked />
            What is in flight ends, nothing new starts
          </label>
          <label className="radio">
            <input type="radio" name="mode" value="now" />
            Now: calls are cancelled, training stops at a checkpoint
          </label>
        </fieldset>
        {reason}
      </>
    );
  const places = plan
    .filter(({ stage, state }) => stage !== 'start' && stage !== 'round' && state !== 'ahead')
    .reverse();
  return (
    <>
      <p>
        What comes after this place is done again. Stored answers and games are reused, training is done anew; nothing
        is deleted.
      </p>
      <label className="field">
        <span>Back to</span>
        <select name="place" required>
          {places.map(({ round, stage }) => (
            <option key={`${round} ${stage}`} value={`${round} ${stage}`}>
              {`round ${round}, ${stage}`}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>
          Settings that hold from there on, as JSON (optional), such as <code>{'{"dpo": {"beta": 0.2}}'}</code>
        </span>
        <textarea name="set" rows={3} spellCheck={false} />
      </label>
      {reason}
    </>
  );
}

/** A form as the message that the update takes. @throws Error: the settings are no JSON. */
function messageOf(action: Action, form: FormData): Record<string, unknown> {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const reason = text('reason') === '' ? {} : { reason: text('reason') };
  switch (action) {
    case 'pause':
      return { ...(text('mode') === 'now' ? { mode: 'now' } : {}), ...reason };
    case 'rollback': {
      const [round, stage] = text('place').split(' ');
      return {
        round: Number(round),
        stage,
        ...(text('set') === '' ? {} : { set: settingsOf(text('set')) }),
        ...reason,
      };
    }
    case 'setBudget':
      return { usd: text('usd') === '' ? null : Number(text('usd')), ...reason };
    case 'decide':
      return { action: text('action'), ...reason };
    case 'resume':
      return reason;
  }
}

function settingsOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('The settings are no JSON; write them as {"dpo": {"beta": 0.2}}.');
  }
}
