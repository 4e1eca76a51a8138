'use client';
import { type AnalyticsError, AuthenticationError } from '@sightline/sdk';
import { type FormEvent, useId, useState } from 'react';
import { answer } from '../api/ask';
import { reasonOf } from '../api/reason';
import { enter } from './workspaces';

interface Caller {
  tenant: string;
  kind: string;
  name: string;
}

/** Asks for a key or token and enters its workspace if the API takes it. */
export function SignIn({ refused, leave }: { refused: string | null; leave?: () => void }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const [heading, hint, error] = [useId(), useId(), useId()];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setWrong('');
    try {
      const credential = text.trim();
      const caller = await answer<Caller>({ path: '/api/v1/me' }, undefined, credential);
      enter({ tenant: caller.tenant, name: caller.name, kind: caller.kind, credential });
      leave?.();
    } catch (problem) {
      setWrong(
        problem instanceof AuthenticationError
          ? 'This key or token is not valid.'
          : reasonOf(problem as AnalyticsError).text,
      );
      setBusy(false);
    }
  };
  return (
    <div className="page narrow">
      <form className="card sign-in" onSubmit={submit} aria-labelledby={heading}>
        <h1 id={heading}>{leave ? 'Open another workspace' : 'Sign in'}</h1>
        {refused && (
          <p role="alert" className="failed">
            The credential of workspace {refused} is no longer valid. Sign in again; the view stays as it was.
          </p>
        )}
        <label>
          <span>API key or access token</span>
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            value={text}
            aria-describedby={wrong ? `${hint} ${error}` : hint}
            aria-invalid={wrong ? true : undefined}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <p id={hint} className="sub">
          It opens its workspace. It stays in this tab, ends with it, and is never part of an address.{' '}
          <code>make run</code> prints a key for the demo workspace.
        </p>
        {wrong && (
          <p id={error} role="alert" className="failed">
            {wrong}
          </p>
        )}
        <p className="actions">
          <button type="submit" className="btn strong" disabled={busy}>
            {busy ? 'Signing in …' : 'Sign in'}
          </button>
          {leave && (
            <button type="button" className="btn" onClick={leave}>
              Cancel
            </button>
          )}
        </p>
      </form>
    </div>
  );
}
