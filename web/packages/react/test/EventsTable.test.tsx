import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import axe from 'axe-core';
import { afterEach, expect, test, vi } from 'vitest';
import { problem, settled } from '../../sdk/test/fakes';
import { EventsTable } from '../src';
import { page, wrapping } from './wrapping';

afterEach(() => vi.unstubAllGlobals());

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, n) => n + from);
const rows = () => within(screen.getByRole('table')).getAllByRole('row').slice(1);

async function violations() {
  const { violations: found } = await axe.run(document.body, {
    rules: { region: { enabled: false }, 'color-contrast': { enabled: false } },
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

test('the contract: two properties are enough', async () => {
  const { fetch, wrapper } = wrapping(page([1, 2]));
  render(<EventsTable org_id="acme" event_type="visit" />, { wrapper });
  expect(screen.getByText('Loading events…')).toBeTruthy();
  await screen.findByRole('table');
  expect(rows()).toHaveLength(2);
  expect(fetch.sent[0]?.url.search).toBe('?org_id=acme&event_type=visit');
  expect(
    within(rows()[0] as HTMLElement)
      .getAllByRole('cell')
      .map((cell) => cell.textContent),
  ).toEqual(['2026-01-05 09:00:00', 'u1', '{"n":1}']);
  expect(await violations()).toEqual([]);
});

test('no events are a sentence', async () => {
  const { wrapper } = wrapping(page([]));
  render(<EventsTable empty="Nothing yet." />, { wrapper });
  expect(await screen.findByText('Nothing yet.')).toBeTruthy();
  expect(screen.queryByRole('table')).toBeNull();
  expect(await violations()).toEqual([]);
});

test('an error is told, and another try may help', async () => {
  const { wrapper } = wrapping(() => problem(403, 'permission-missing'), page([1]));
  render(<EventsTable />, { wrapper });
  expect((await screen.findByRole('alert')).textContent).toContain('403 permission-missing');
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('table');
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a page that fails costs none of those before', async () => {
  const { wrapper } = wrapping(page([1, 2], 'b'), () => problem(503), page([3]));
  render(<EventsTable />, { wrapper });
  fireEvent.click(await screen.findByRole('button', { name: 'Load more' }));
  await screen.findByRole('alert');
  expect(rows()).toHaveLength(2);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(rows()).toHaveLength(3));
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
  expect(screen.getByRole('status').textContent).toBe('3 events loaded');
});

test('an event can be chosen with the keyboard, and the table be scrolled', async () => {
  const chosen: string[] = [];
  const { wrapper } = wrapping(page([1, 2]));
  render(<EventsTable onSelect={({ event_id }) => chosen.push(event_id)} caption="Visits" />, { wrapper });
  await screen.findByRole('table');
  const region = screen.getByRole('region', { name: 'Visits' });
  expect(region.tabIndex).toBe(0);
  const [first] = screen.getAllByRole('button', { name: 'visit' });
  first?.focus();
  expect(document.activeElement).toBe(first);
  fireEvent.click(first as HTMLElement);
  expect(chosen).toEqual(['e1']);
});

test('a long table holds the rows in sight, and says which they are', async () => {
  const { wrapper } = wrapping(page(numbers(1_000)));
  render(<EventsTable rowHeight={40} />, { wrapper });
  await screen.findByRole('table');
  expect(rows().length).toBeLessThan(120);
  expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('1001');
  const region = screen.getByRole('region');
  Object.defineProperty(region, 'clientHeight', { value: 400 });
  region.scrollTop = 20_000;
  fireEvent.scroll(region);
  const shown = rows().map((row) => Number(row.getAttribute('aria-rowindex')));
  expect(shown[0]).toBeLessThanOrEqual(502);
  expect(shown.at(-1)).toBeGreaterThanOrEqual(512);
  expect(shown).toEqual(shown.map((_, at) => (shown[0] ?? 0) + at));
  const heights = [...region.querySelectorAll('tbody tr')].map((row) =>
    Number.parseInt((row as HTMLElement).style.height, 10),
  );
  expect(heights.reduce((sum, height) => sum + height, 0)).toBe(1_000 * 40);
});

test('the end of the table asks for more when it comes into sight, and again while it stays there', async () => {
  const watching = new Set<IntersectionObserverCallback>();
  class Watching {
    constructor(readonly callback: IntersectionObserverCallback) {}
    observe() {
      watching.add(this.callback);
    }
    disconnect() {
      watching.delete(this.callback);
    }
  }
  vi.stubGlobal('IntersectionObserver', Watching);
  const come = async () => {
    const entries = [{ isIntersecting: true }] as IntersectionObserverEntry[];
    await act(async () => {
      for (const callback of watching) callback(entries, {} as IntersectionObserver);
      await settled();
    });
  };
  const { fetch, wrapper } = wrapping(page([1], 'b'), page([2], 'c'), () => problem(503));
  render(<EventsTable />, { wrapper });
  await screen.findByRole('table');
  await come();
  await come();
  expect(rows()).toHaveLength(2);
  expect(fetch.sent).toHaveLength(3);
  expect([...watching]).toEqual([]);
});
