'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { type ReactNode, Suspense, useState } from 'react';
import { QueryPanel } from '../query/query-panel';
import { SignIn } from '../session/sign-in';
import { useInBrowser, useSession } from '../session/use-session';
import { activeWorkspace, leave, switchTo } from '../session/workspaces';
import { Loading } from './states';
import { ThemeButton } from './theme-button';

const NAVIGATION: readonly (readonly [group: string, pages: readonly (readonly [path: string, title: string])[]])[] = [
  [
    'Assets',
    [
      ['/portfolio/', 'Portfolio'],
      ['/compare/', 'Compare'],
      ['/what-if/', 'What if'],
      ['/energy/', 'Energy'],
    ],
  ],
  [
    'Product',
    [
      ['/dashboard/', 'Dashboard'],
      ['/events/', 'Events'],
      ['/funnels/', 'Funnels'],
      ['/retention/', 'Retention'],
      ['/attribution/', 'Attribution'],
    ],
  ],
  ['Watch', [['/quality/', 'Data quality']]],
];

/** What surrounds every page; shows the page only to whoever is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const session = useSession();
  const [adding, setAdding] = useState(false);
  const inBrowser = useInBrowser();
  const workspace = activeWorkspace(session);
  const signedIn = inBrowser && workspace !== null;
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <Link href="/portfolio/" prefetch={false} className="brand">
          <Mark />
          Sightline
        </Link>
        <div className="top-right">
          {signedIn && <Workspaces open={() => setAdding(true)} />}
          <ThemeButton />
        </div>
      </header>
      <Navigation />
      <main id="main" tabIndex={-1}>
        {!inBrowser ? (
          <Loading what="the dashboard" />
        ) : !signedIn ? (
          <SignIn refused={session.refused} />
        ) : adding ? (
          <SignIn refused={null} leave={() => setAdding(false)} />
        ) : (
          <Suspense fallback={<Loading what="the page" />}>
            <QueryPanel key={workspace.tenant}>{children}</QueryPanel>
          </Suspense>
        )}
      </main>
    </div>
  );
}

function Navigation() {
  const path = usePathname();
  return (
    <nav className="side" aria-label="Main">
      {NAVIGATION.map(([group, pages]) => (
        <div key={group}>
          <h2>{group}</h2>
          <ul>
            {pages.map(([page, title]) => (
              <li key={page}>
                <Link href={page} prefetch={false} aria-current={isCurrent(path, page) ? 'page' : undefined}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

const isCurrent = (path: string, page: string) =>
  path.startsWith(page) || (page === '/portfolio/' && path.startsWith('/property'));

function Workspaces({ open }: { open: () => void }) {
  const session = useSession();
  const choose = (value: string) => {
    if (value === '+') open();
    else if (value === '-') leave(session.active ?? '');
    else switchTo(value);
  };
  return (
    <span className="field">
      <label htmlFor="workspace">Workspace</label>
      <select id="workspace" value={session.active ?? ''} onChange={(event) => choose(event.target.value)}>
        {session.workspaces.map((one) => (
          <option key={one.tenant} value={one.tenant}>
            {one.tenant} ({one.name})
          </option>
        ))}
        <option value="+">Open another …</option>
        <option value="-">Sign out of {session.active}</option>
      </select>
    </span>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d="M2 14 L7 9 L11 12 L18 4" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle cx="18" cy="4" r="2" fill="var(--accent)" />
    </svg>
  );
}
