'use client';
import { useSyncExternalStore } from 'react';
import { activeWorkspace, listen, nobody, type Session, session, type Workspace } from './workspaces';

export function useSession(): Session {
  return useSyncExternalStore(listen, session, nobody);
}

export function useWorkspace(): Workspace | null {
  return activeWorkspace(useSession());
}

const never = () => () => {};

/** False in the exported page and at hydration, true ever after. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
