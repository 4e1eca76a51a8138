import { act } from '@testing-library/react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeFetch } from '../../sdk/test/fakes';
import { AnalyticsProvider, EventsTable } from '../src';
import { page } from './wrapping';

afterEach(() => vi.unstubAllGlobals());

test('the browser takes over what the server rendered, without a difference', async () => {
  vi.stubGlobal('fetch', new FakeFetch(page([1])).fetch);
  const tree = (
    <AnalyticsProvider apiKey="sl_test" baseUrl="http://api.test">
      <EventsTable />
    </AnalyticsProvider>
  );
  const root = document.body.appendChild(document.createElement('div'));
  root.innerHTML = renderToString(tree);
  const differences: unknown[] = [];
  const mounted = await act(async () =>
    hydrateRoot(root, tree, { onRecoverableError: (error) => differences.push(error) }),
  );
  await vi.waitFor(() => expect(root.querySelectorAll('tbody tr')).toHaveLength(1));
  expect(differences).toEqual([]);
  await act(async () => mounted.unmount());
  root.remove();
});
