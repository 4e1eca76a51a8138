/**
 * The workspaces that this browser tab is signed in to.
 *
 * Credentials live in session storage: they end with the tab, are seen by this origin alone, and never stand in an
 * address. A browser that refuses session storage keeps them in memory.
 */
export interface Workspace {
  tenant: string;
  name: string;
  kind: string;
  credential: string;
}

export interface Session {
  active: string | null;
  workspaces: Workspace[];
  /** Tenant whose credential was refused since, if any. */
  refused: string | null;
}

const NAME = 'sightline.session';
const NOBODY: Session = { active: null, workspaces: [], refused: null };
const listeners = new Set<() => void>();
let current: Session | null = null;

function read(): Session {
  try {
    return { ...NOBODY, ...JSON.parse(sessionStorage.getItem(NAME) ?? '{}') };
  } catch {
    return NOBODY;
  }
}

function keep(next: Session): void {
  current = next;
  try {
    sessionStorage.setItem(NAME, JSON.stringify(next));
  } catch {
    // memory is enough
  }
  for (const listener of listeners) listener();
}

export function session(): Session {
  current ??= read();
  return current;
}

export const nobody = (): Session => NOBODY;

export function activeWorkspace(of: Session = session()): Workspace | null {
  return of.workspaces.find((one) => one.tenant === of.active) ?? null;
}

export function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function enter(workspace: Workspace): void {
  const others = session().workspaces.filter((one) => one.tenant !== workspace.tenant);
  keep({ active: workspace.tenant, workspaces: [...others, workspace], refused: null });
}

export function switchTo(tenant: string): void {
  keep({ ...session(), active: tenant, refused: null });
}

/** Forget a workspace; another one that is still open becomes the active one. */
export function leave(tenant: string, refused = false): void {
  const workspaces = session().workspaces.filter((one) => one.tenant !== tenant);
  keep({ active: workspaces[0]?.tenant ?? null, workspaces, refused: refused ? tenant : null });
}
